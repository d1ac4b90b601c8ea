//! Whether and when a piece of news may be told. Its key is recipient, kind and subject; what is
//! known of the past is that of its key on the same occasion: since the subject was last spoken
//! to, for reports.

use crate::model::ids::Timestamp;

/// News that somebody might be told automatically.
#[derive(Debug, Clone, Copy)]
pub struct News<'a> {
    /// Whom it would be told to.
    pub recipient: &'a str,
    /// Whose words it is made of.
    pub author: &'a str,
    /// What it says; equal contents are the same news.
    pub content: &'a str,
}

/// Earlier news of the same key and occasion.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What it said.
    pub content: &'a str,
    /// When it was written; nothing while its message waits.
    pub told_at: Option<Timestamp>,
}

/// What is known of the past.
#[derive(Debug, Clone, Copy, Default)]
pub struct Past<'a> {
    /// What waits to be told, and may still be replaced.
    pub waiting: Option<&'a str>,
    /// What became part of a message last.
    pub told: Option<Known<'a>>,
    /// News of another kind about the same subject has come since that.
    pub overtaken: bool,
}

/// Shortest times between two messages of one key, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// When the content has changed.
    pub changed_ms: u64,
    /// When it is the same again, after something else was the case.
    pub again_ms: u64,
}

/// Why news is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// The recipient's own words.
    OwnWords,
    /// It is known, or is going to be, and nothing else was the case meanwhile.
    Repeated,
}

impl Dropped {
    /// The word in the store and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OwnWords => "own_words",
            Self::Repeated => "repeated",
        }
    }
}

/// What is to be done with news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What waits under the same key is no longer the case.
    pub replaces_waiting: bool,
    /// Not to be told before this moment, or not at all.
    pub outcome: Result<Timestamp, Dropped>,
}

/// Judges news that comes in at `now`.
#[must_use]
pub fn admit(news: News<'_>, past: Past<'_>, pauses: Pauses, now: Timestamp) -> Verdict {
    let dropped = |why, replaces_waiting| Verdict { replaces_waiting, outcome: Err(why) };
    if news.author == news.recipient {
        return dropped(Dropped::OwnWords, false);
    }
    if past.waiting == Some(news.content) {
        return dropped(Dropped::Repeated, false);
    }
    let replaces_waiting = past.waiting.is_some();
    let Some(told) = past.told else { return Verdict { replaces_waiting, outcome: Ok(now) } };
    let same = told.content == news.content;
    if same && !past.overtaken {
        // Things are again as they were told: what waited to say otherwise goes as well.
        return dropped(Dropped::Repeated, replaces_waiting);
    }
    let pause = if same { pauses.again_ms.max(pauses.changed_ms) } else { pauses.changed_ms };
    let not_before = told.told_at.map_or(now, |at| at.plus(pause).max(now));
    Verdict { replaces_waiting, outcome: Ok(not_before) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAUSES: Pauses = Pauses { changed_ms: 600, again_ms: 600 };
    const NOW: Timestamp = Timestamp(10_000);

    fn news(content: &str) -> News<'_> {
        News { recipient: "o", author: "w", content }
    }

    #[test]
    fn the_table() {
        let told = |content, at: i64| Some(Known { content, told_at: Some(Timestamp(at)) });
        let past = |waiting, told, overtaken| Past { waiting, told, overtaken };
        let repeated = Err(Dropped::Repeated);
        for (case, past, replaces, outcome) in [
            ("first", past(None, None, false), false, Ok(NOW)),
            ("waits already", past(Some("a"), None, false), false, repeated),
            ("replaces what waits", past(Some("b"), None, false), true, Ok(NOW)),
            ("told already", past(None, told("a", 1), false), false, repeated),
            ("is as told again", past(Some("b"), told("a", 1), false), true, repeated),
            ("again, long after", past(None, told("a", 1), true), false, Ok(NOW)),
            ("again, soon", past(None, told("a", 9_900), true), false, Ok(Timestamp(10_500))),
            ("changed, soon", past(None, told("b", 9_900), false), false, Ok(Timestamp(10_500))),
            ("changed, long after", past(None, told("b", 1), false), false, Ok(NOW)),
        ] {
            let verdict = admit(news("a"), past, PAUSES, NOW);
            assert_eq!(verdict, Verdict { replaces_waiting: replaces, outcome }, "{case}");
        }
        let unwritten =
            Past { told: Some(Known { content: "b", told_at: None }), ..Past::default() };
        assert_eq!(admit(news("a"), unwritten, PAUSES, NOW).outcome, Ok(NOW));
    }

    #[test]
    fn own_words_are_not_sent_back() {
        let own = News { recipient: "o", author: "o", content: "a" };
        assert_eq!(admit(own, Past::default(), PAUSES, NOW).outcome, Err(Dropped::OwnWords));
    }

    /// One key's past, as the store keeps it.
    #[derive(Default)]
    struct Key {
        waiting: Option<(String, Timestamp)>,
        told: Vec<(String, Timestamp)>,
    }

    impl Key {
        fn tell_due(&mut self, now: Timestamp) {
            if let Some((content, at)) = self.waiting.take_if(|(_, at)| *at <= now) {
                self.told.push((content, at.max(now)));
            }
        }

        fn post(&mut self, content: &str, now: Timestamp) {
            let last = self.told.last();
            let past = Past {
                waiting: self.waiting.as_ref().map(|(content, _)| content.as_str()),
                told: last.map(|(content, at)| Known { content, told_at: Some(*at) }),
                overtaken: false,
            };
            let verdict = admit(news(content), past, PAUSES, now);
            if verdict.replaces_waiting {
                self.waiting = None;
            }
            if let Ok(at) = verdict.outcome {
                self.waiting = Some((content.to_owned(), at));
            }
        }
    }

    proptest! {
        /// However news flap, a key speaks at most once in a pause and never says the same twice
        /// in a row, and the last word is the last thing that was the case.
        #[test]
        fn a_key_is_quiet(steps in proptest::collection::vec((0_i64..400, 0_u8..3), 1..200)) {
            let mut key = Key::default();
            let mut now = 0;
            let mut last = String::new();
            for (pause, content) in steps {
                now += pause;
                key.tell_due(Timestamp(now));
                last = content.to_string();
                key.post(&last, Timestamp(now));
                key.tell_due(Timestamp(now));
            }
            key.tell_due(Timestamp(now + 1_000));
            for pair in key.told.windows(2) {
                prop_assert!(pair[0].0 != pair[1].0, "said twice: {:?}", key.told);
                prop_assert!(pair[1].1.since(pair[0].1) >= 600, "too soon: {:?}", key.told);
            }
            prop_assert_eq!(&key.told.last().unwrap().0, &last);
        }
    }
}
