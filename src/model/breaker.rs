//! The breaker of an agent and its model: after failures of the model's side, or at a usage limit,
//! those who want to start one wait, and one of them tries first. Pure; kept and carried out by
//! `services::breakers`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::Timestamp;

/// So many failures within [`WINDOW_MS`] open it.
const FAILURES: usize = 5;
/// Failures older than this do not count, in milliseconds.
const WINDOW_MS: u64 = 60_000;
/// How long it stays open at first, in milliseconds; twice as long each time the probe fails.
const OPEN_MS: u64 = 60_000;
/// The longest that it stays open by itself, in milliseconds.
const MOST_MS: u64 = 15 * 60_000;
/// A limit whose end nobody has told is looked at again after this, in milliseconds.
const LIMIT_MS: u64 = 5 * 60_000;

/// What became of an agent, as far as its breaker is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The model answered.
    Answered,
    /// Its side failed: overloaded, or broken.
    Failed,
    /// It does not know the caller: a person has to log in.
    NeedsLogin,
    /// Nothing more for the caller until then, where that was told.
    UsedUp(Option<Timestamp>),
    /// It says nothing about the model: ended by a person, crashed, out of time.
    Neither,
}

/// Why it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Too many failures.
    Failures,
    /// A usage limit.
    UsageLimit,
    /// Nobody is logged in.
    Login,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failures => "its model keeps failing",
            Self::UsageLimit => "its usage limit is reached",
            Self::Login => "it needs login",
        })
    }
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Breaker {
    /// Everybody may start.
    Closed {
        /// When its last failures were, oldest first.
        failures: Vec<Timestamp>,
    },
    /// Nobody may.
    Open {
        /// Until then.
        until: Timestamp,
        /// Why.
        why: Why,
        /// How often it has opened since it was closed.
        times: u32,
    },
    /// One may try.
    HalfOpen {
        /// Somebody does.
        probing: bool,
        /// Why it was open.
        why: Why,
        /// How often it has opened since it was closed.
        times: u32,
    },
}

/// What somebody who wants to start is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Start.
    Go,
    /// Start; all others wait for what becomes of it.
    Probe,
    /// Wait: until then, or until somebody else's probe is over.
    Wait {
        /// When to ask again; nothing: when the breaker changes.
        until: Option<Timestamp>,
        /// For people.
        why: Why,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: Vec::new() }
    }
}

impl Breaker {
    /// Somebody wants to start.
    pub fn ask(&mut self, now: Timestamp) -> Answer {
        if let Self::Open { until, why, times } = *self
            && now >= until
        {
            *self = Self::HalfOpen { probing: false, why, times };
        }
        match self {
            Self::Closed { .. } => Answer::Go,
            Self::Open { until, why, .. } => Answer::Wait { until: Some(*until), why: *why },
            Self::HalfOpen { probing: true, why, .. } => Answer::Wait { until: None, why: *why },
            Self::HalfOpen { probing, .. } => {
                *probing = true;
                Answer::Probe
            }
        }
    }

    /// What became of somebody who has started. `was_probe`: it was told [`Answer::Probe`].
    pub fn judge(&mut self, judgement: Judgement, was_probe: bool, now: Timestamp) {
        if was_probe && let Self::HalfOpen { probing, .. } = self {
            *probing = false;
        }
        let times = match self {
            Self::Closed { .. } => 0,
            Self::Open { times, .. } | Self::HalfOpen { times, .. } => *times,
        };
        match judgement {
            Judgement::Neither => {}
            // An answer to what was asked before it opened says nothing about now.
            Judgement::Answered if was_probe || matches!(self, Self::Closed { .. }) => {
                *self = Self::default();
            }
            Judgement::Answered => {}
            Judgement::NeedsLogin => self.open(Why::Login, times, None, now),
            Judgement::UsedUp(until) => {
                let until = until.filter(|at| *at > now).unwrap_or_else(|| now.plus(LIMIT_MS));
                self.open(Why::UsageLimit, times, Some(until), now);
            }
            Judgement::Failed => self.failed(was_probe, times, now),
        }
    }

    /// A person says that it may be tried again.
    pub fn forgive(&mut self) {
        if let Self::Open { why, times, .. } = *self {
            *self = Self::HalfOpen { probing: false, why, times };
        }
    }

    fn failed(&mut self, was_probe: bool, times: u32, now: Timestamp) {
        match self {
            Self::Closed { failures } => {
                failures.retain(|at| now.since(*at) < WINDOW_MS);
                failures.push(now);
                if failures.len() >= FAILURES {
                    self.open(Why::Failures, 0, None, now);
                }
            }
            Self::HalfOpen { why, .. } if was_probe => {
                let why = *why;
                self.open(why, times, None, now);
            }
            // Late news of what was started before.
            Self::HalfOpen { .. } | Self::Open { .. } => {}
        }
    }

    fn open(&mut self, why: Why, times: u32, until: Option<Timestamp>, now: Timestamp) {
        let pause = (OPEN_MS << times.min(10)).min(MOST_MS);
        let until = until.unwrap_or_else(|| now.plus(pause));
        *self = Self::Open { until, why, times: times.saturating_add(1) };
    }
}

/// Why an agent came to nothing, where it is not the model's doing.
const OURS: [&str; 8] = [
    "crash",
    "timeout",
    "run_time",
    "stalled",
    "tool_limit",
    "result_too_large",
    "not_text",
    "stopped",
];

/// Judges an agent that came to nothing by its own word and message.
#[must_use]
pub fn judge_failure(why: &str, message: &str, now: Timestamp) -> Judgement {
    let why = why.to_ascii_lowercase();
    if OURS.contains(&why.as_str()) {
        return Judgement::Neither;
    }
    let text = format!("{why} {}", message.to_ascii_lowercase());
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let status = |codes: &[&str]| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| codes.contains(&word))
    };
    if says(&["usage limit", "usage_limit", "limit reached", "quota"]) {
        return Judgement::UsedUp(reset_time(&text, now));
    }
    let login = ["authentication", "unauthorized", "invalid api key", "log in", "login", "logged"];
    if says(&login) || status(&["401", "403", "auth"]) {
        return Judgement::NeedsLogin;
    }
    let failing = ["overloaded", "rate limit", "rate_limit", "api_error", "api timeout"];
    if says(&failing) || status(&["429", "500", "502", "503", "504", "529"]) {
        return Judgement::Failed;
    }
    Judgement::Neither
}

/// Until when nothing is to be sent to an agent whose turn failed with this error, if it failed at a
/// limit of its model's side: the reset that it names, else a moment after which a look is cheap.
#[must_use]
pub fn limited_until(error: &str, message: &str, now: Timestamp) -> Option<Timestamp> {
    match judge_failure(error, message, now) {
        Judgement::UsedUp(reset) => Some(reset.unwrap_or_else(|| now.plus(LIMIT_MS))),
        Judgement::Failed if error.to_ascii_lowercase().contains("rate") => Some(now.plus(OPEN_MS)),
        _ => None,
    }
}

/// When the limit ends, where the text has it as seconds or milliseconds since 1970, or as
/// "in N seconds", minutes or hours.
fn reset_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let mut before = "";
    while let Some(word) = words.next() {
        match (word.parse::<i64>(), word.len()) {
            (Ok(seconds), 10) => return Some(Timestamp(seconds.saturating_mul(1000))),
            (Ok(ms), 13) => return Some(Timestamp(ms)),
            (Ok(number), 1..=5) if before == "in" => {
                let unit = words.next().unwrap_or_default();
                let ms = match unit.chars().next() {
                    Some('s') => 1000,
                    Some('m') => 60_000,
                    Some('h') => 3_600_000,
                    _ => continue,
                };
                return Some(now.plus(number.unsigned_abs() * ms));
            }
            _ => {}
        }
        before = word;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_700_000_000_000 + seconds * 1000)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for second in 0..5 {
            assert_eq!(breaker.ask(at(second)), Answer::Go);
            breaker.judge(Judgement::Failed, false, at(second));
        }
        breaker
    }

    /// I21: five failures within a minute open it; after the pause one may try, and no other.
    #[test]
    fn i21_five_failures_open_it_and_one_probe_closes_it() {
        let mut breaker = opened();
        let wait = Answer::Wait { until: Some(at(64)), why: Why::Failures };
        assert_eq!(breaker.ask(at(5)), wait);
        assert_eq!(breaker.ask(at(64)), Answer::Probe);
        assert_eq!(breaker.ask(at(64)), Answer::Wait { until: None, why: Why::Failures });
        breaker.judge(Judgement::Answered, true, at(65));
        assert_eq!(breaker.ask(at(65)), Answer::Go);
    }

    #[test]
    fn failures_that_are_far_apart_do_not_count_together() {
        let mut breaker = Breaker::default();
        for n in 0..20 {
            breaker.judge(Judgement::Failed, false, at(n * 16));
            assert_eq!(breaker.ask(at(n * 16)), Answer::Go);
        }
    }

    #[test]
    fn each_failed_probe_doubles_the_pause() {
        let mut breaker = opened();
        let mut now = at(64);
        for seconds in [120, 240, 480, 900, 900] {
            assert_eq!(breaker.ask(now), Answer::Probe);
            breaker.judge(Judgement::Failed, true, now);
            let until = now.plus(seconds * 1000);
            assert_eq!(breaker.ask(now), Answer::Wait { until: Some(until), why: Why::Failures });
            now = until;
        }
    }

    #[test]
    fn only_a_limit_holds_up_messages() {
        for (error, text, until) in [
            ("rate_limit", "", Some(at(60))),
            ("rate_limit", "You have hit your usage limit, again in 20 minutes", Some(at(1200))),
            ("unknown", "usage limit reached", Some(at(300))),
            ("server_error", "overloaded", None),
            ("unknown", "", None),
        ] {
            assert_eq!(limited_until(error, text, at(0)), until, "{error}: {text}");
        }
    }

    /// I22: without a login it is open at once; a person's word lets one try.
    #[test]
    fn i22_a_missing_login_opens_it_at_once() {
        let mut breaker = Breaker::default();
        breaker.judge(Judgement::NeedsLogin, false, at(0));
        let wait = Answer::Wait { until: Some(at(60)), why: Why::Login };
        assert_eq!(breaker.ask(at(1)), wait);
        breaker.forgive();
        assert_eq!(breaker.ask(at(1)), Answer::Probe);
    }

    /// I23: a probe that a person has ended says nothing: the next one may try.
    #[test]
    fn i23_a_probe_that_was_ended_leaves_the_place_to_the_next() {
        let mut breaker = opened();
        assert_eq!(breaker.ask(at(64)), Answer::Probe);
        breaker.judge(Judgement::Neither, true, at(65));
        assert_eq!(breaker.ask(at(65)), Answer::Probe);
    }

    #[test]
    fn a_usage_limit_lasts_until_its_end() {
        let mut breaker = Breaker::default();
        breaker.judge(Judgement::UsedUp(Some(at(7200))), false, at(0));
        let wait = Answer::Wait { until: Some(at(7200)), why: Why::UsageLimit };
        assert_eq!(breaker.ask(at(7199)), wait);
        // An old answer that comes in late opens nothing.
        breaker.judge(Judgement::Answered, false, at(10));
        assert_eq!(breaker.ask(at(11)), wait);
        assert_eq!(breaker.ask(at(7200)), Answer::Probe);
    }

    #[test]
    fn failures_are_judged_by_their_words() {
        let judge = |why: &str, message: &str| judge_failure(why, message, at(0));
        for failed in ["529", "overloaded", "429", "api_error"] {
            assert_eq!(judge(failed, "the model failed"), Judgement::Failed, "{failed}");
        }
        assert_eq!(judge("failed", "API Error: 503 upstream"), Judgement::Failed);
        assert_eq!(judge("401", "x"), Judgement::NeedsLogin);
        assert_eq!(judge("failed", "Invalid API key. Please run /login"), Judgement::NeedsLogin);
        for ours in ["crash", "timeout", "tool_limit"] {
            assert_eq!(judge(ours, "the agent ended with 529"), Judgement::Neither, "{ours}");
        }
        assert_eq!(judge("once", "the first time"), Judgement::Neither);
        let limit = |text: &str| judge("usage_limit", text);
        assert_eq!(limit("resets 1700000060"), Judgement::UsedUp(Some(at(60))));
        assert_eq!(limit("try again in 5 minutes"), Judgement::UsedUp(Some(at(300))));
        assert_eq!(limit("try again in 2h"), Judgement::UsedUp(None));
        assert_eq!(limit("later"), Judgement::UsedUp(None));
    }

    /// Whatever happens: never two probes at once, and it never stays shut for ever.
    #[test]
    fn random_lives() {
        use proptest::prelude::*;
        proptest!(ProptestConfig::with_cases(200), |(events in proptest::collection::vec((0u8..6, 0i64..100), 1..200))| {
            let (mut breaker, mut now, mut probes) = (Breaker::default(), at(0), 0);
            for (event, pause) in events {
                now = now.plus(pause.unsigned_abs() * 1000);
                let judgement = match event {
                    0 => {
                        if breaker.ask(now) == Answer::Probe {
                            probes += 1;
                        }
                        prop_assert!(probes <= 1, "two probes at once");
                        continue;
                    }
                    1 => Judgement::Answered,
                    2 => Judgement::Failed,
                    3 => Judgement::NeedsLogin,
                    4 => Judgement::UsedUp(None),
                    _ => Judgement::Neither,
                };
                let was_probe = probes > 0;
                probes = 0;
                breaker.judge(judgement, was_probe, now);
            }
            let later = now.plus(2 * MOST_MS);
            if probes > 0 {
                breaker.judge(Judgement::Neither, true, later);
            }
            prop_assert!(matches!(breaker.ask(later), Answer::Go | Answer::Probe));
        });
    }
}
