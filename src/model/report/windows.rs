//! How long reports wait for others, so that an orchestrator takes one turn for many of them.

use crate::model::ids::Timestamp;
use crate::model::session::ReportState;

/// The windows and pauses of reports, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// From the first `done` to the message about it and those that followed.
    pub done_ms: u64,
    /// From the first `checkpoint` or `pr-created` to the message about them.
    pub batch_ms: u64,
    /// Between two different words of a worker on why it is stuck.
    pub stuck_pause_ms: u64,
    /// Between two different reports of another state on the same occasion.
    pub changed_pause_ms: u64,
}

impl Windows {
    /// When a report made at `now` causes a message, if nothing else causes one before that takes
    /// it along.
    #[must_use]
    pub fn due(&self, state: ReportState, now: Timestamp) -> Timestamp {
        let window = match state {
            ReportState::NeedsInput | ReportState::Stuck => 0,
            ReportState::Done => self.done_ms,
            ReportState::Checkpoint | ReportState::PrCreated => self.batch_ms,
        };
        now.plus(window)
    }

    /// The pause between two different reports of this state by one worker, in milliseconds. A
    /// question is never held back: the worker waits for the answer.
    #[must_use]
    pub fn pause_ms(&self, state: ReportState) -> u64 {
        match state {
            ReportState::NeedsInput => 0,
            ReportState::Stuck => self.stuck_pause_ms,
            ReportState::Done | ReportState::Checkpoint | ReportState::PrCreated => {
                self.changed_pause_ms
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: Windows =
        Windows { done_ms: 10, batch_ms: 300, stuck_pause_ms: 180, changed_pause_ms: 600 };

    #[test]
    fn each_state_has_its_window_and_its_pause() {
        let now = Timestamp(1000);
        for (state, due, pause) in [
            (ReportState::NeedsInput, 1000, 0),
            (ReportState::Stuck, 1000, 180),
            (ReportState::Done, 1010, 600),
            (ReportState::Checkpoint, 1300, 600),
            (ReportState::PrCreated, 1300, 600),
        ] {
            assert_eq!(WINDOWS.due(state, now), Timestamp(due), "{state:?}");
            assert_eq!(WINDOWS.pause_ms(state), pause, "{state:?}");
        }
    }
}
