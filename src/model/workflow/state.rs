//! What a run and its operations may become.

use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted, its script does not run yet.
    Queued,
    /// Its script runs, or waits for agents.
    Running,
    /// Its agents finish, no new one starts, nothing reaches the script.
    Paused,
    /// Its process is gone; it can go on.
    Interrupted,
    /// It is being stopped.
    Cancelling,
    /// It has a result.
    Completed,
    /// It has an error.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl RunState {
    const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Interrupted,
        Self::Cancelling,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
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

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether it may become `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use RunState as S;
        match (self, next) {
            (from, _) if from.is_over() => false,
            (S::Queued, S::Running | S::Failed | S::Cancelling | S::Interrupted) => true,
            (S::Running, S::Paused | S::Completed | S::Failed | S::Interrupted | S::Cancelling) => {
                true
            }
            (S::Paused, S::Running | S::Failed | S::Interrupted | S::Cancelling) => true,
            (S::Interrupted, S::Running | S::Paused | S::Cancelled | S::Failed) => true,
            (S::Cancelling, S::Cancelled) => true,
            _ => false,
        }
    }
}

/// Where an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpState {
    /// Asked for; waits for a slot.
    Issued,
    /// An agent may have been started.
    Running,
    /// Answered from what was known.
    Cached,
    /// There is a result.
    Succeeded,
    /// It came to nothing or to an error.
    Failed,
    /// Stopped with its run; runs again in the next.
    Cancelled,
    /// The script ended without it.
    Abandoned,
}

impl OpState {
    const ALL: [Self; 7] = [
        Self::Issued,
        Self::Running,
        Self::Cached,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Abandoned,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Running => "running",
            Self::Cached => "cached",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it has not come to its end.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Issued | Self::Running)
    }

    /// Whether it may become `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Issued => false,
            Self::Cached => self == Self::Issued,
            // Also again: the next attempt.
            _ => self.is_open(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        assert!(RunState::ALL.into_iter().all(|s| RunState::parse(s.as_str()) == Some(s)));
        assert!(OpState::ALL.into_iter().all(|s| OpState::parse(s.as_str()) == Some(s)));
    }

    #[test]
    fn what_is_over_stays_over() {
        for from in RunState::ALL.into_iter().filter(|s| s.is_over()) {
            assert!(RunState::ALL.into_iter().all(|to| !from.may_become(to)));
        }
        for from in OpState::ALL.into_iter().filter(|s| !s.is_open()) {
            assert!(OpState::ALL.into_iter().all(|to| !from.may_become(to)));
        }
        assert!(RunState::Interrupted.may_become(RunState::Running));
        assert!(OpState::Running.may_become(OpState::Running));
    }
}
