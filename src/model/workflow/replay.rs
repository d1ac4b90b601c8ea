//! In which order results reach a script. What was recorded comes first, in the order in which it
//! was delivered or is known from another run; nothing new is started while any of it waits. So a
//! script that is run again comes by the same way to the same place.

use std::collections::{BTreeMap, VecDeque};

/// Where a result stands in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// This run's own, by the number of its delivery.
    Recorded(u64),
    /// Known without an agent: by the number it had in another run, then by its own.
    Known(u64, u64),
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Give the script the result of this operation.
    Deliver(u64, Due),
    /// Start this operation.
    Start(u64),
    /// Wait for what runs.
    Wait,
}

/// What waits to be given to the script, and what waits to be started.
#[derive(Debug, Default)]
pub struct Replay {
    due: BTreeMap<Due, u64>,
    live: VecDeque<u64>,
}

impl Replay {
    /// The operation `op` was asked for, and its result is there.
    pub fn hit(&mut self, op: u64, due: Due) {
        self.due.insert(due, op);
    }

    /// The operation `op` was asked for and has to be done.
    pub fn miss(&mut self, op: u64) {
        self.live.push_back(op);
    }

    /// The operation was about to be started and could not: it is the next one again.
    pub fn again(&mut self, op: u64) {
        self.live.push_front(op);
    }

    /// The operation is no longer wanted.
    pub fn forget(&mut self, op: u64) {
        self.live.retain(|other| *other != op);
    }

    /// What to do when the script waits; `free` is whether another agent may run.
    pub fn next(&mut self, free: bool) -> Next {
        if let Some((due, op)) = self.due.pop_first() {
            return Next::Deliver(op, due);
        }
        match self.live.pop_front() {
            Some(op) if free => Next::Start(op),
            Some(op) => {
                self.live.push_front(op);
                Next::Wait
            }
            None => Next::Wait,
        }
    }

    /// What has not been started.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.live.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_ones_first_in_their_order_then_known_ones_then_live_ones() {
        let mut replay = Replay::default();
        replay.miss(1);
        replay.hit(2, Due::Known(1, 2));
        replay.hit(3, Due::Recorded(9));
        replay.hit(4, Due::Recorded(5));
        assert_eq!(replay.next(true), Next::Deliver(4, Due::Recorded(5)));
        assert_eq!(replay.next(true), Next::Deliver(3, Due::Recorded(9)));
        assert_eq!(replay.next(true), Next::Deliver(2, Due::Known(1, 2)));
        assert_eq!(replay.next(false), Next::Wait);
        assert_eq!(replay.next(true), Next::Start(1));
        assert_eq!(replay.next(true), Next::Wait);
    }
}
