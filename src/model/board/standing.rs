//! Whether a pending task can be begun.

use super::id::TaskId;
use super::state::State;

/// What holds a pending task, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: whoever claims it has it.
    Ready,
    /// These have to be done first.
    Waits(Vec<TaskId>),
    /// These will never be done: they failed, were cancelled, or cannot be reached themselves.
    Unreachable(Vec<TaskId>),
}

impl Standing {
    /// From what the task depends on: each with its state, and whether it can still be reached.
    #[must_use]
    pub fn of(depends_on: &[(TaskId, State, bool)]) -> Self {
        let lost = |(id, state, reachable): &(TaskId, State, bool)| {
            let never = matches!(state, State::Failed | State::Cancelled);
            (never || !reachable).then_some(*id)
        };
        let lost: Vec<TaskId> = depends_on.iter().filter_map(lost).collect();
        if !lost.is_empty() {
            return Self::Unreachable(lost);
        }
        let open = depends_on.iter().filter(|(_, state, _)| *state != State::Done);
        let open: Vec<TaskId> = open.map(|(id, ..)| *id).collect();
        if open.is_empty() { Self::Ready } else { Self::Waits(open) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_lost_outweighs_those_that_are_open() {
        let (a, b, c) = (TaskId(1), TaskId(2), TaskId(3));
        assert_eq!(Standing::of(&[]), Standing::Ready);
        assert_eq!(Standing::of(&[(a, State::Done, true)]), Standing::Ready);
        let open = [(a, State::Done, true), (b, State::Running, true)];
        assert_eq!(Standing::of(&open), Standing::Waits(vec![b]));
        let lost =
            [(a, State::Failed, true), (b, State::Pending, false), (c, State::Pending, true)];
        assert_eq!(Standing::of(&lost), Standing::Unreachable(vec![a, b]));
    }
}
