//! Stops an agent's turn: looks whether it may, presses the keys for it, waits until the screen no
//! longer shows work, and empties the composer, into which some agents put the old prompt again.
//! Messages and a person's keys wait until it is over.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::host::inject::{self, Composer, Facts, InjectRules, Shown, may_interrupt, read_screen};
use crate::host::protocol::{Answer, Interrupted, Interruption, Refusal, RefusalCode};

use crate::model::message::StopKey;

use super::deliver::Caller;
use super::host::Host;
use super::pty_queue::Part;

/// Between two keys: two Escapes in one read are Alt-Escape to most programs.
const BETWEEN: Duration = Duration::from_millis(150);

/// How often the keys are pressed: on a busy machine two keys come to the agent in one read all the
/// same, or before it listens to them.
const TRIES: u32 = 3;

/// An agent that works on for so long after the keys has not heard them, or does not mind them.
const STOPPING: Duration = Duration::from_secs(4);

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
    /// Nobody where it is done on the host's own account.
    caller: Option<Caller>,
    asked: Interruption,
    /// Keys that are still to be pressed, and when the next one may be.
    keys: VecDeque<StopKey>,
    press_at: Instant,
    /// The time between two of them: longer at each try.
    between: Duration,
    /// How often the keys for the end of the work were pressed.
    tries: u32,
    phase: Phase,
}

impl Current {
    fn new(caller: Option<Caller>, asked: Interruption, phase: Phase, now: Instant) -> Self {
        let keys = VecDeque::new();
        Self { caller, asked, keys, press_at: now, between: BETWEEN, tries: 0, phase }
    }

    /// The keys are to be pressed from `now` on; returns when they will have been.
    fn press(&mut self, keys: &[StopKey], now: Instant) -> Instant {
        self.keys = keys.iter().copied().collect();
        self.press_at = now;
        now + self.between * u32::try_from(keys.len()).unwrap_or(u32::MAX)
    }

    /// The keys for the end of the work are to be pressed, and `wait` is for it to be seen.
    fn try_to_stop(&mut self, wait: Duration, now: Instant) {
        self.tries += 1;
        self.between = BETWEEN * self.tries;
        let keys = self.asked.keys.clone();
        self.phase = Phase::Stopping { until: self.press(&keys, now) + wait };
    }

    /// When it is to be looked at again, if nothing is put out before.
    fn moment(&self) -> Instant {
        match self.phase {
            _ if !self.keys.is_empty() => self.press_at,
            Phase::Stopping { until } | Phase::Stopped { until } | Phase::Emptying { until } => {
                until
            }
        }
    }
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
        let wait = if asked.rules.busy.is_empty() { UNSEEN } else { STOPPING };
        let phase = Phase::Stopping { until: now };
        let mut current = Current::new(Some(caller), asked, phase, now);
        current.try_to_stop(wait, now);
        self.interruption = Some(current);
    }

    /// Empties the composer of what a stopped turn has put into it late.
    pub(super) fn empty_composer(
        &mut self,
        rules: InjectRules,
        empties: Vec<StopKey>,
        now: Instant,
    ) {
        tracing::info!("the prompt that was stopped has come back late");
        let asked = Interruption { keys: Vec::new(), empties, rules };
        self.interruption = Some(Current::new(None, asked, Phase::Stopped { until: now }, now));
    }

    /// Takes the interruption as far as it goes now.
    pub(super) fn drive_interruption(&mut self, now: Instant) {
        let Some(mut current) = self.interruption.take() else { return };
        self.press_due(&mut current, now);
        let facts = self.facts(&current.asked.rules, now);
        let over = match current.phase {
            _ if facts.exited => Some(Interrupted::Stopped { idle: false }),
            _ if !current.keys.is_empty() => None,
            Phase::Stopping { until } => self.stopping(&mut current, &facts, until, now),
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
                if let Some(caller) = current.caller {
                    let stopped = matches!(outcome, Interrupted::Stopped { .. });
                    let may_come = stopped && self.typing.holds_none();
                    self.deliveries.comes_back = Some(current.asked.empties)
                        .filter(|empties| may_come && !empties.is_empty());
                    self.answer_interrupted(caller, outcome);
                }
                self.release_keys();
            }
        }
    }

    /// When the interruption is to be looked at again, if nothing is put out before.
    pub(super) fn interruption_moment(&self) -> Option<Instant> {
        self.interruption.as_ref().map(Current::moment)
    }

    fn stopping(
        &mut self,
        current: &mut Current,
        facts: &Facts,
        until: Instant,
        now: Instant,
    ) -> Option<Interrupted> {
        let seen = !current.asked.rules.busy.is_empty();
        if seen && !self.may_be_at_work(&current.asked.rules) || !seen && now >= until {
            current.phase = Phase::Stopped { until: now + COMES_BACK };
            return None;
        }
        if now < until {
            return None;
        }
        if current.tries >= TRIES || !may_press(&current.asked.rules, facts) {
            return Some(Interrupted::WorksOn);
        }
        tracing::info!(tries = current.tries, "it works on; the keys are pressed again");
        current.try_to_stop(STOPPING, now);
        None
    }

    fn stopped(
        &mut self,
        current: &mut Current,
        facts: &Facts,
        now: Instant,
    ) -> Option<Interrupted> {
        if !current.asked.keys.is_empty() && self.is_seen_at_work(&current.asked.rules) {
            // What showed the work was gone for a moment only.
            current.phase = Phase::Stopping { until: now };
            return self.stopping(current, facts, now, now);
        }
        let rules = &current.asked.rules;
        let is_empty = facts.composer == Composer::Empty;
        if current.asked.empties.is_empty() || is_empty || !may_press(rules, facts) {
            return Some(self.idle(rules));
        }
        let empties = current.asked.empties.clone();
        current.phase = Phase::Emptying { until: current.press(&empties, now) + EMPTYING };
        None
    }

    /// Whether the screen shows work, or nothing is known of what work looks like.
    fn may_be_at_work(&self, rules: &InjectRules) -> bool {
        rules.busy.is_empty() || self.is_seen_at_work(rules)
    }

    fn is_seen_at_work(&self, rules: &InjectRules) -> bool {
        inject::dialog(&rules.busy, None, &self.rows()).is_some()
    }

    fn idle(&self, rules: &InjectRules) -> Interrupted {
        let shown = read_screen(rules, &self.rows());
        Interrupted::Stopped { idle: matches!(shown, Shown::Idle | Shown::Ready) }
    }

    /// Presses the next key if it is time. A dialog that has opened since the one before takes the
    /// rest away, and so does the end of the work, where that is what the keys were for.
    fn press_due(&mut self, current: &mut Current, now: Instant) {
        if current.keys.is_empty() || now < current.press_at {
            return;
        }
        self.take_output();
        let rules = &current.asked.rules;
        let facts = self.facts(rules, now);
        let stopping = matches!(current.phase, Phase::Stopping { .. });
        if !may_press(rules, &facts) || stopping && !self.may_be_at_work(rules) {
            return current.keys.clear();
        }
        if let Some(key) = current.keys.pop_front() {
            self.queue.push(Part::Stop, vec![byte(key)], now);
            current.press_at = now + BETWEEN;
        }
    }

    fn answer_interrupted(&mut self, caller: Caller, outcome: Interrupted) {
        self.answer(caller, Ok(Answer::Interrupted(outcome)));
    }
}

/// Whether a key would go to the agent, and to no dialog of it.
fn may_press(rules: &InjectRules, facts: &Facts) -> bool {
    facts.dialog.is_none() && (facts.foreground || !rules.require_foreground)
}

/// What a terminal sends for the key.
fn byte(key: StopKey) -> u8 {
    match key {
        StopKey::Escape => 0x1b,
        StopKey::CtrlC => 0x03,
        StopKey::CtrlU => 0x15,
    }
}
