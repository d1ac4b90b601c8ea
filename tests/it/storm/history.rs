//! The checker: what was accepted, what each agent took as a prompt, and what `ao` says of each
//! message, compared.

use std::collections::{HashMap, HashSet};

use ao::model::message::clean;
use serde_json::Value;

use super::sender::Accepted;

/// What was found. Ids or texts, each with the recipient, for the message of a failure.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Said to be submitted or written, or not known at all, and never read by the agent.
    pub lost: Vec<String>,
    /// Read more than once.
    pub doubled: Vec<String>,
    /// Read before one that was accepted earlier.
    pub reordered: Vec<String>,
    /// Two messages, or a message and foreign text, in one prompt.
    pub fused: Vec<String>,
    /// Known by its mark, with another text.
    pub corrupt: Vec<String>,
    /// A prompt that nobody sent, or with a header that is not its sender's.
    pub forged: Vec<String>,
    /// Accepted under another id than the one that the sender was told, or in another order than
    /// one sender sent them.
    pub misfiled: Vec<String>,
    /// Nobody can say whether it was read.
    pub uncertain: Vec<String>,
    /// Not read, and `ao` says so.
    pub pending: Vec<String>,
}

/// What one recipient's side of the history is.
pub struct Heard<'a> {
    /// The recipient.
    pub session: &'a str,
    /// The prompts that reached its model, in order.
    pub said: &'a [String],
    /// `ao messages`, in order of acceptance.
    pub messages: &'a [Value],
}

/// A mark by which a message is known also when it was damaged.
pub fn mark(number: usize) -> String {
    format!("<#{number:05}#>")
}

impl Verdict {
    /// Nothing went wrong, and everything has arrived.
    pub fn assert_perfect(&self) {
        assert_eq!(*self, Self::default());
    }

    /// Compares one recipient's side with what its senders were told.
    pub fn compare(&mut self, accepted: &[Accepted], heard: &Heard<'_>) {
        let of_recipient: HashMap<&str, &Accepted> = accepted
            .iter()
            .filter(|message| message.recipient == heard.session)
            .map(|message| (message.id.as_str(), message))
            .collect();
        let order = self.order(&of_recipient, heard);
        let read = self.match_said(&order, &of_recipient, heard);
        let listed: HashSet<&str> =
            heard.messages.iter().map(|message| message["id"].as_str().unwrap()).collect();
        for id in of_recipient.keys().filter(|id| !listed.contains(*id)) {
            self.lost.push(format!("{}: {id} is not listed", heard.session));
        }
        for message in heard.messages {
            let id = message["id"].as_str().unwrap();
            let what =
                format!("{}: {id} {} {}", heard.session, message["state"], message["reason"]);
            match message["state"].as_str().unwrap() {
                // Uncertain is what it is, read or not.
                "uncertain" => self.uncertain.push(what),
                _ if read.contains(id) => {}
                "submitted" | "answered" | "written" => self.lost.push(what),
                _ => self.pending.push(what),
            }
        }
    }

    /// The listed messages that are of these senders, in order of acceptance.
    fn order<'a>(
        &mut self,
        accepted: &HashMap<&str, &'a Accepted>,
        heard: &Heard<'_>,
    ) -> Vec<&'a Accepted> {
        let mut order = Vec::new();
        let mut last: HashMap<usize, &Accepted> = HashMap::new();
        for message in heard.messages {
            let id = message["id"].as_str().unwrap();
            let Some(known) = accepted.get(id) else {
                self.misfiled.push(format!("{}: {id} was told to nobody", heard.session));
                continue;
            };
            if let Some(before) = last.insert(known.sender, known)
                && before.at > known.at
            {
                self.misfiled.push(format!("{}: {id} was sent earlier", heard.session));
            }
            order.push(*known);
        }
        order
    }

    /// Finds the message of each prompt; returns the ids of those that were read.
    fn match_said<'a>(
        &mut self,
        order: &[&'a Accepted],
        accepted: &HashMap<&str, &'a Accepted>,
        heard: &Heard<'_>,
    ) -> HashSet<&'a str> {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, message) in order.iter().enumerate().rev() {
            places.entry(clean(&message.text).unwrap()).or_default().push(place);
        }
        let marks: HashSet<String> = accepted.values().filter_map(|m| mark_of(&m.text)).collect();
        let mut read = HashSet::new();
        let mut furthest = None;
        for text in heard.said {
            let what = || format!("{}: {text:.200}", heard.session);
            if text.lines().any(|line| line.starts_with("[from ")) {
                self.forged.push(what());
            }
            match places.get_mut(text.as_str()).map(Vec::pop) {
                Some(Some(place)) => {
                    read.insert(order[place].id.as_str());
                    if furthest.is_some_and(|furthest| place < furthest) {
                        self.reordered.push(what());
                    }
                    furthest = furthest.max(Some(place));
                }
                Some(None) => self.doubled.push(what()),
                None => match marks.iter().filter(|mark| text.contains(*mark)).count() {
                    0 => self.forged.push(what()),
                    1 => self.corrupt.push(what()),
                    _ => self.fused.push(what()),
                },
            }
        }
        read
    }
}

fn mark_of(text: &str) -> Option<String> {
    let begin = text.find("<#")?;
    let end = text[begin..].find("#>")?;
    Some(text[begin..begin + end + 2].to_owned())
}

mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;

    fn verdict(said: &[&str], states: &[&str]) -> Verdict {
        let accepted: Vec<Accepted> = (0..states.len())
            .map(|n| Accepted {
                id: format!("m-{n}"),
                recipient: "s".into(),
                text: format!("{} text", mark(n)),
                sender: 0,
                at: Instant::now(),
            })
            .collect();
        let messages: Vec<Value> = states
            .iter()
            .enumerate()
            .map(|(n, state)| json!({ "id": format!("m-{n}"), "state": state, "reason": null }))
            .collect();
        let said: Vec<String> = said.iter().map(|&text| text.to_owned()).collect();
        let mut verdict = Verdict::default();
        verdict.compare(&accepted, &Heard { session: "s", said: &said, messages: &messages });
        verdict
    }

    /// How many of each kind, in the order of the fields.
    fn counts(said: &[&str], states: &[&str]) -> [usize; 9] {
        let v = verdict(said, states);
        let fields = [&v.lost, &v.doubled, &v.reordered, &v.fused, &v.corrupt];
        let rest = [&v.forged, &v.misfiled, &v.uncertain, &v.pending];
        let counts: Vec<usize> = fields.into_iter().chain(rest).map(Vec::len).collect();
        counts.try_into().unwrap()
    }

    #[test]
    fn the_checker_sees_each_kind_of_damage() {
        let (a, b) = ("<#00000#> text", "<#00001#> text");
        let fine = ["submitted", "answered"];
        assert_eq!(verdict(&[a, b], &fine), Verdict::default());
        assert_eq!(counts(&[a], &fine), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&[a, b, a], &fine), [0, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&[b, a], &fine), [0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&[&format!("{a}{b}")], &fine), [2, 0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&[a, "<#00001#> tex"], &fine), [1, 0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(counts(&[a, b, "hello"], &fine), [0, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(counts(&[a], &["submitted", "uncertain"]), [0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(counts(&[a], &["submitted", "queued"]), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(counts(&[a], &["submitted", "written"]), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
