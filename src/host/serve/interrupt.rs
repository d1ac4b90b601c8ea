//! Stops an agent's turn: looks whether it may, presses the keys for it, waits until the screen no
//! longer shows work, and empties the composer, into which some agents put the old prompt again.
//! Messages and a person's keys wait until it is over.

use std::time::Duration;

use tokio::time::Instant;

use crate::host::inject::{self, Composer, Facts, InjectRules, Shown, may_interrupt, read_screen};
use crate::host::protocol::{Answer, Interrupted, Interruption, Refusal, RefusalCode};

use crate::model::message::StopKey;

use super::deliver::Caller;
use super::host::Host;
use super::pty_queue::Part;

/// An agent that works on for so long after the keys does not mind them.
const STOPPING: Duration = Duration::from_secs(5);

/// An agent whose work cannot be seen is left so long to stop.
const UNSEEN: Duration = Duration::from_secs(1);

/// Between the end of the work on the screen and the look at the composer: the old prompt comes
/// back a moment later.
const COMES_BACK: Duration = Duration::from_millis(500);

/// For a composer to be seen empty.
const EMPTYING: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The keys are pressed.
    Stopping { until: Instant },
    /// It has stopped.
    Stopped { until: Instant },
    /// The composer is being emptied.
    Emptying { until: Instant },
}

/// An interruption under way.
#[derive(Debug)]
pub struct Current {
    caller: Caller,
    asked: Interruption,
    phase: Phase,
}

impl Host {
    /// A call to stop the turn.
    pub(super) fn interrupt(&mut self, caller: Caller, asked: Interruption) {
        if self.interruption.is_some() || self.deliveries.is_typing() {
            let refusal = Refusal::new(RefusalCode::Busy, "something is being typed");
            return self.answer(caller, Err(refusal));
        }
        self.take_output();
        let now = Instant::now();
        let facts = self.facts(&asked.rules, now);
        if !self.may_be_at_work(&asked.rules) {
            return self.answer_interrupted(caller, Interrupted::NotAtWork);
        }
        if let Err(why) = may_interrupt(&asked.rules, &facts) {
            return self.answer_interrupted(caller, Interrupted::Held { why });
        }
        tracing::info!(keys = ?asked.keys, "the turn is stopped");
        self.deliveries.pressed = None;
        self.press(&asked.keys, now);
        let wait = if asked.rules.busy.is_empty() { UNSEEN } else { STOPPING };
        self.interruption =
            Some(Current { caller, asked, phase: Phase::Stopping { until: now + wait } });
    }

    /// Takes the interruption as far as it goes now.
    pub(super) fn drive_interruption(&mut self, now: Instant) {
        let Some(mut current) = self.interruption.take() else { return };
        let facts = self.facts(&current.asked.rules, now);
        let over = match current.phase {
            _ if facts.exited => Some(Interrupted::Stopped { idle: false }),
            Phase::Stopping { until } => self.stopping(&mut current, until, now),
            Phase::Stopped { until } if now < until => None,
            Phase::Stopped { .. } => self.stopped(&mut current, &facts, now),
            Phase::Emptying { until } if facts.composer == Composer::Filled && now < until => None,
            Phase::Emptying { .. } => Some(self.idle(&current.asked.rules)),
        };
        match over {
            None => self.interruption = Some(current),
            Some(outcome) => {
                if facts.composer == Composer::Empty {
                    self.draft.clear();
                }
                self.answer_interrupted(current.caller, outcome);
                self.release_keys();
            }
        }
    }

    /// When the interruption is to be looked at again, if nothing is put out before.
    pub(super) fn interruption_moment(&self) -> Option<Instant> {
        self.interruption.as_ref().map(|current| match current.phase {
            Phase::Stopping { until } | Phase::Stopped { until } | Phase::Emptying { until } => {
                until
            }
        })
    }

    fn stopping(
        &mut self,
        current: &mut Current,
        until: Instant,
        now: Instant,
    ) -> Option<Interrupted> {
        let seen = !current.asked.rules.busy.is_empty();
        if seen && !self.may_be_at_work(&current.asked.rules) || !seen && now >= until {
            current.phase = Phase::Stopped { until: now + COMES_BACK };
            return None;
        }
        (now >= until).then_some(Interrupted::WorksOn)
    }

    fn stopped(
        &mut self,
        current: &mut Current,
        facts: &Facts,
        now: Instant,
    ) -> Option<Interrupted> {
        let rules = &current.asked.rules;
        let may = facts.dialog.is_none() && (facts.foreground || !rules.require_foreground);
        if current.asked.empties.is_empty() || facts.composer == Composer::Empty || !may {
            return Some(self.idle(rules));
        }
        self.press(&current.asked.empties, now);
        current.phase = Phase::Emptying { until: now + EMPTYING };
        None
    }

    /// Whether the screen shows work, or nothing is known of what work looks like.
    fn may_be_at_work(&self, rules: &InjectRules) -> bool {
        rules.busy.is_empty() || inject::dialog(&rules.busy, None, &self.rows()).is_some()
    }

    fn idle(&self, rules: &InjectRules) -> Interrupted {
        let shown = read_screen(rules, &self.rows());
        Interrupted::Stopped { idle: matches!(shown, Shown::Idle | Shown::Ready) }
    }

    fn press(&mut self, keys: &[StopKey], now: Instant) {
        for key in keys {
            // Each as a write of its own: some programs take two bytes at once for a paste.
            self.queue.push(Part::Stop, vec![byte(*key)], now);
        }
    }

    fn answer_interrupted(&mut self, caller: Caller, outcome: Interrupted) {
        self.answer(caller, Ok(Answer::Interrupted(outcome)));
    }
}

/// What a terminal sends for the key.
fn byte(key: StopKey) -> u8 {
    match key {
        StopKey::Escape => 0x1b,
        StopKey::CtrlC => 0x03,
        StopKey::CtrlU => 0x15,
    }
}
