//! The life of a task: `pending → running → done | failed | cancelled`.

use std::fmt;

/// Where a task stands. What is stored; whether a pending one can be begun is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody works on it.
    Pending,
    /// Its owner works on it.
    Running,
    /// Done, with or without a result.
    Done,
    /// Given up after its last attempt.
    Failed,
    /// Not wanted any more.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The state's name in the database, in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing becomes of it any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is done to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Somebody begins it.
    Claim,
    /// Its words change.
    Update,
    /// What it waits for changes.
    Depend,
    /// Its owner has done it.
    Done,
    /// Its owner could not do it.
    Fail,
    /// Its owner lets go of it, or is gone.
    Release,
    /// It is not wanted any more.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 7] = [
        Self::Claim,
        Self::Update,
        Self::Depend,
        Self::Done,
        Self::Fail,
        Self::Release,
        Self::Cancel,
    ];

    /// The step's name in the journal and in the history.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::Update => "updated",
            Self::Depend => "given other dependencies",
            Self::Done => "done",
            Self::Fail => "failed",
            Self::Release => "released",
            Self::Cancel => "cancelled",
        }
    }
}

/// How often a task was begun, and how often it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Claims so far, this one included.
    pub made: u32,
    /// Most claims that may end in a failure, 1 or more.
    pub most: u32,
}

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The state does not lead there.
    #[error("it is {state} and cannot be {}", .step.as_str())]
    State {
        /// Where it stands.
        state: State,
        /// What was asked.
        step: Step,
    },
    /// It waits for other tasks.
    #[error("it waits for {open} other {}", if *.open == 1 { "task" } else { "tasks" })]
    Waits {
        /// How many.
        open: u32,
    },
}

/// The state after `step`, for a task that waits for `open` others. A failure with an attempt left
/// makes it pending again; a release takes no attempt away, for it says nothing about the task.
pub fn after(state: State, step: Step, open: u32, attempts: Attempts) -> Result<State, Refused> {
    match (state, step) {
        (State::Pending, Step::Claim) if open > 0 => Err(Refused::Waits { open }),
        (State::Pending, Step::Claim) => Ok(State::Running),
        (State::Pending | State::Running, Step::Update) | (State::Pending, Step::Depend) => {
            Ok(state)
        }
        (State::Pending | State::Running, Step::Cancel) => Ok(State::Cancelled),
        (State::Running, Step::Done) => Ok(State::Done),
        (State::Running, Step::Fail) if attempts.made < attempts.most => Ok(State::Pending),
        (State::Running, Step::Fail) => Ok(State::Failed),
        (State::Running, Step::Release) => Ok(State::Pending),
        _ => Err(Refused::State { state, step }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Attempts = Attempts { made: 1, most: 1 };

    #[test]
    fn the_whole_table() {
        use State::{Cancelled, Done, Failed, Pending, Running};
        let allowed = [
            (Pending, Step::Claim, Running),
            (Pending, Step::Update, Pending),
            (Pending, Step::Depend, Pending),
            (Pending, Step::Cancel, Cancelled),
            (Running, Step::Update, Running),
            (Running, Step::Done, Done),
            (Running, Step::Fail, Failed),
            (Running, Step::Release, Pending),
            (Running, Step::Cancel, Cancelled),
        ];
        for state in State::ALL {
            for step in Step::ALL {
                let wanted = allowed.iter().find(|(s, t, _)| (*s, *t) == (state, step));
                let wanted = wanted.map(|(_, _, to)| *to).ok_or(Refused::State { state, step });
                assert_eq!(after(state, step, 0, ONE), wanted, "{state} {step:?}");
            }
        }
        assert!([Done, Failed, Cancelled].iter().all(|state| state.is_over()));
    }

    #[test]
    fn what_waits_cannot_be_begun() {
        assert_eq!(after(State::Pending, Step::Claim, 2, ONE), Err(Refused::Waits { open: 2 }));
        assert_eq!(Refused::Waits { open: 1 }.to_string(), "it waits for 1 other task");
    }

    #[test]
    fn a_failure_with_an_attempt_left_is_no_end() {
        let two = |made| Attempts { made, most: 2 };
        assert_eq!(after(State::Running, Step::Fail, 0, two(1)), Ok(State::Pending));
        assert_eq!(after(State::Running, Step::Fail, 0, two(2)), Ok(State::Failed));
    }

    #[test]
    fn names_are_names() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("ready"), None);
    }
}
