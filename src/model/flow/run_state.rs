//! Where a run of a flow is, and what it may become.

use serde::{Deserialize, Serialize};

use super::schedule::Verdict;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Something is under way, or can be begun.
    Running,
    /// Nothing goes on until a person lets a gate pass.
    WaitingGate,
    /// Nothing further begins until a person says so: the budget is used up, or an agent needs a
    /// login. The reason is with the run.
    Paused,
    /// It is being ended.
    Cancelling,
    /// Everything that was wanted is done.
    Completed,
    /// A step failed whose failure matters.
    Failed,
    /// A person did not want it.
    Cancelled,
}

impl RunState {
    const ALL: [Self; 7] = [
        Self::Running,
        Self::WaitingGate,
        Self::Paused,
        Self::Cancelling,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::WaitingGate => "waiting_gate",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing happens to it any more, unless a person tries a step again.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether it may become `next`. What is over goes on only by a retry.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Cancelling, _) => next == Self::Cancelled,
            (from, _) if from.is_over() => next == Self::Running,
            (_, Self::Cancelled) => self != Self::Paused,
            _ => true,
        }
    }

    /// What the steps' verdict makes of a run.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Running => Self::Running,
            Verdict::WaitingGate => Self::WaitingGate,
            Verdict::Completed => Self::Completed,
            Verdict::Failed => Self::Failed,
            Verdict::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_goes_on_only_by_a_retry() {
        for state in RunState::ALL {
            assert_eq!(RunState::parse(state.as_str()), Some(state));
            for next in RunState::ALL {
                if state.is_over() {
                    assert_eq!(state.may_become(next), next == RunState::Running);
                }
            }
        }
        assert!(!RunState::Cancelling.may_become(RunState::Running));
        assert!(RunState::Cancelling.may_become(RunState::Cancelled));
    }
}
