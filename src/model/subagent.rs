//! Background subagents: how one goes on, and what its parent is told. Called by `store` and
//! `services/subagents`.

use serde::{Deserialize, Serialize};

use super::message::Policy;

/// How a subagent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted; its session is being made, or waits for room.
    Queued,
    /// Its agent runs.
    Running,
    /// It is being ended.
    Cancelling,
    /// It gave its result.
    Completed,
    /// It came to nothing.
    Failed,
    /// Somebody ended it, or its parent ended.
    Cancelled,
}

impl State {
    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Queued,
            Self::Running,
            Self::Cancelling,
            Self::Completed,
            Self::Failed,
            Self::Cancelled,
        ];
        all.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more follows.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether `next` may follow. What is to be cancelled may have given its result by then.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Queued => false,
            Self::Running => self == Self::Queued,
            Self::Cancelling => matches!(self, Self::Queued | Self::Running),
            Self::Completed | Self::Failed | Self::Cancelled => !self.is_over(),
        }
    }
}

/// How the end of one is told: as the call says, else as the kind of agent says, else as the project
/// says, else as the settings say.
#[must_use]
pub fn policy(
    call: Option<Policy>,
    kind: Option<Policy>,
    project: Option<Policy>,
    settings: Policy,
) -> Policy {
    call.or(kind).or(project).unwrap_or(settings)
}

/// Whether and how its parent is told of its end. Who asks for a result when it wants it is told of
/// failures all the same, or it would wait for ever; of what was ended nobody needs to be told.
#[must_use]
pub fn notice(policy: Policy, end: State) -> Option<Policy> {
    match (policy, end) {
        (_, State::Queued | State::Running | State::Cancelling | State::Cancelled) => None,
        (Policy::OnDemand, State::Completed) => None,
        (Policy::OnDemand, State::Failed) => Some(Policy::Deferred),
        (policy, State::Completed | State::Failed) => Some(policy),
    }
}

/// One line of a digest.
#[derive(Debug, Clone)]
pub struct Line {
    /// `sa-…`
    pub id: String,
    /// A few words for people.
    pub title: Option<String>,
    /// How it ended.
    pub state: State,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// Size of its result.
    pub bytes: u64,
}

/// Lines in a digest; of the rest it says how many there are.
const LINES: usize = 12;
/// Characters of a title or a reason in it.
const WORDS: usize = 80;

/// What the parent is told: of each one line, without anything of the results.
#[must_use]
pub fn digest(lines: &[Line]) -> String {
    let mut text = String::from("Background subagents have ended:");
    for line in lines.iter().take(LINES) {
        let title = line.title.as_deref().map_or_else(String::new, |t| format!(" ({})", short(t)));
        let how = match &line.reason {
            Some(reason) => format!("{}: {}", line.state.as_str(), short(reason)),
            None => format!("{}, {} bytes", line.state.as_str(), line.bytes),
        };
        text.push_str(&format!("\n- {}{title}: {how}", line.id));
    }
    if lines.len() > LINES {
        text.push_str(&format!("\n- and {} more: ao subagent ls", lines.len() - LINES));
    }
    text.push_str("\nRead a result with the tool subagent_result or `ao subagent result ID`.");
    text
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 6] = [
        State::Queued,
        State::Running,
        State::Cancelling,
        State::Completed,
        State::Failed,
        State::Cancelled,
    ];

    #[test]
    fn what_is_over_stays_so() {
        for from in ALL {
            assert_eq!(State::parse(from.as_str()), Some(from));
            for to in ALL {
                assert!(!(from.is_over() && from.may_become(to)), "{from:?} {to:?}");
            }
        }
        assert!(State::Cancelling.may_become(State::Completed));
        assert!(!State::Cancelling.may_become(State::Running));
    }

    /// Case I12.
    #[test]
    fn the_nearest_word_decides() {
        use Policy::{Deferred, Immediate, OnDemand};
        let [call, kind, project] = [OnDemand, Immediate, Deferred].map(Some);
        assert_eq!(policy(call, kind, project, Deferred), OnDemand);
        assert_eq!(policy(None, kind, project, Deferred), Immediate);
        assert_eq!(policy(None, None, project, Immediate), Deferred);
        assert_eq!(policy(None, None, None, OnDemand), OnDemand);
    }

    #[test]
    fn failures_are_told_whatever_was_asked_for() {
        assert_eq!(notice(Policy::OnDemand, State::Completed), None);
        assert_eq!(notice(Policy::OnDemand, State::Failed), Some(Policy::Deferred));
        assert_eq!(notice(Policy::Immediate, State::Failed), Some(Policy::Immediate));
        assert_eq!(notice(Policy::Deferred, State::Completed), Some(Policy::Deferred));
        assert_eq!(notice(Policy::Immediate, State::Cancelled), None);
    }

    #[test]
    fn a_digest_is_small_whatever_is_in_it() {
        let line = Line {
            id: "sa-0123456789ab".into(),
            title: Some("t\n".repeat(500)),
            state: State::Failed,
            reason: Some("é ".repeat(500)),
            bytes: 0,
        };
        let text = digest(&vec![line; 100]);
        assert!(text.chars().count() < 3000 && text.contains("88 more"), "{text}");
        assert_eq!(text.lines().count(), 15);
    }
}
