//! Types messages, one at a time: looks whether it may, says in the ledger that it will, types the
//! text, waits, looks again, presses Enter, says in the ledger that it did. What a person types
//! from the first byte to the last waits until it is over.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, warn};

use crate::host::inject::{
    self, Composer, Draft, Facts, HeldWhy, InjectRules, PASTE_END, Style, may_enter, may_paste,
};
use crate::host::ledger::{Outcome, body_hash};
use crate::host::protocol::{Answer, Delivered, Delivery, Refusal, RefusalCode};
use crate::model::ids::{MessageId, Timestamp};
use crate::model::message::StopKey;

use super::enter::Pressed;
use super::host::{Host, Number, timestamp};
use super::keys::EMPTY;
use super::pty_queue::Part;
use super::resume::Resume;

/// Deliveries that may wait for their turn.
const MOST: usize = 64;

/// A program that takes no byte for so long does not read.
const STALL: Duration = Duration::from_secs(10);

/// A program that leaves earlier input unread for so long is not typed to.
const UNREAD: Duration = Duration::from_secs(2);

/// Longest settle time.
const MOST_SETTLE: Duration = Duration::from_secs(60);

/// A composer that does not show the text for so long will not show it.
const UNSHOWN: Duration = Duration::from_secs(5);

/// There is no event for a program's reading of its terminal: looked at this often while that is
/// waited for.
const LOOK: Duration = Duration::from_millis(20);

/// Between Enter and the keys a person pressed meanwhile: read together, some programs take them
/// for a paste.
const AFTER_ENTER: Duration = Duration::from_millis(50);

/// Who is to be answered.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Its connection.
    pub number: Number,
    /// The call's number.
    pub req: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its text went in before: where is it now?
    Resume { empty_since: Option<Instant> },
    /// May it be typed?
    Gate { since: Instant, empty_since: Option<Instant> },
    /// The text is on its way into the terminal.
    Text,
    /// The text is in.
    Settle { until: Instant, patience: Instant },
    /// Enter is on its way; when it was last looked whether it may be.
    Enter { looked: Timestamp },
    /// Over, but for the person's keys.
    Release { until: Instant },
}

#[derive(Debug)]
struct Current {
    caller: Caller,
    delivery: Delivery,
    /// The body's hash.
    body: String,
    phase: Phase,
    /// How the text went in.
    bracketed: bool,
}

/// The messages to type.
#[derive(Debug, Default)]
pub struct Deliveries {
    current: Option<Current>,
    waiting: VecDeque<(Caller, Delivery)>,
    /// The message whose text is in the composer without Enter, and why.
    pub(super) pasted: Option<(MessageId, HeldWhy)>,
    /// The last Enter, until it is known that it was taken.
    pub(super) pressed: Option<Pressed>,
    /// The keys that empty the composer of an agent whose turn was stopped, until somebody types:
    /// the old prompt may come back into it at any time.
    pub(super) comes_back: Option<Vec<StopKey>>,
}

impl Deliveries {
    /// Whether a person's keys have to wait now.
    pub fn holds_keys(&self) -> bool {
        let may_wait = |phase| matches!(phase, Phase::Gate { .. } | Phase::Resume { .. });
        self.current.as_ref().is_some_and(|current| !may_wait(current.phase))
    }

    /// Whether a message is on its way into the terminal, or waits for that.
    pub fn is_typing(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// A person pressed a key: what lies in the composer is theirs now.
    pub fn human_typed(&mut self) {
        self.pressed = None;
        self.comes_back = None;
        if let Some((_, why)) = &mut self.pasted {
            *why = HeldWhy::Changed;
        }
    }
}

impl Host {
    /// A call to deliver.
    pub(super) fn deliver(&mut self, caller: Caller, delivery: Delivery) {
        if let Err(e) = inject::check(&delivery.body) {
            let refusal = Refusal::new(RefusalCode::BadBody, e.to_string());
            return self.answer(caller, Err(refusal));
        }
        if self.deliveries.waiting.len() >= MOST {
            let refusal = Refusal::new(RefusalCode::Busy, "too many deliveries wait");
            return self.answer(caller, Err(refusal));
        }
        self.deliveries.waiting.push_back((caller, delivery));
    }

    /// Takes the current delivery as far as it goes now, and then the next one.
    pub(super) fn drive_delivery(&mut self, now: Instant) {
        while self.interruption.is_none() {
            let Some(mut current) = self.deliveries.current.take() else {
                let Some((caller, delivery)) = self.deliveries.waiting.pop_front() else { return };
                self.begin(caller, delivery, now);
                continue;
            };
            let before = current.phase;
            let goes_on = match current.phase {
                Phase::Resume { empty_since } => self.look_for_text(&mut current, empty_since, now),
                Phase::Gate { since, empty_since } => {
                    self.gate(&mut current, since, empty_since, now)
                }
                Phase::Text | Phase::Enter { .. } => self.watch_progress(&mut current, now),
                Phase::Settle { until, patience } => {
                    self.settle(&mut current, until, patience, now)
                }
                Phase::Release { until } if now < until => true,
                Phase::Release { .. } => {
                    self.release_keys();
                    false
                }
            };
            if goes_on {
                let same = current.phase == before;
                self.deliveries.current = Some(current);
                if same {
                    return;
                }
            }
        }
    }

    /// When the current delivery is to be looked at again.
    pub(super) fn delivery_moment(&self) -> Option<Instant> {
        let now = Instant::now();
        let again = self.deliveries.pressed.as_ref().map(Pressed::due);
        let Some(current) = &self.deliveries.current else { return again };
        let due = match current.phase {
            Phase::Resume { empty_since: None } => Some(now),
            Phase::Resume { .. } => Some(now + LOOK),
            Phase::Gate { empty_since: Some(at), .. } => Some((at + EMPTY).max(now)),
            Phase::Gate { .. } => Some(now + LOOK),
            Phase::Text | Phase::Enter { .. } => Some(self.queue.progress() + STALL),
            Phase::Settle { until, .. } if now < until => Some(until),
            Phase::Settle { .. } => Some(now + LOOK),
            Phase::Release { until } => Some(until),
        };
        [due, again].into_iter().flatten().min()
    }

    /// Looks what is known about the message before anything is typed.
    fn begin(&mut self, caller: Caller, delivery: Delivery, now: Instant) {
        let body = body_hash(&delivery.body);
        let known = self.ledger.get(&delivery.id).cloned();
        if known.as_ref().is_some_and(|entry| entry.body != body) {
            let why = format!("{} was used with another text", delivery.id);
            return self.answer(caller, Err(Refusal::new(RefusalCode::Conflict, why)));
        }
        let mut current = Current {
            caller,
            delivery,
            body,
            phase: Phase::Gate { since: now, empty_since: None },
            bracketed: self.screen.modes().bracketed_paste,
        };
        match known.map(|entry| entry.outcome) {
            None | Some(Outcome::Void) => {}
            Some(Outcome::Written(at)) => {
                return self.answer_delivered(caller, Delivered::Written { at, repeat: true });
            }
            // An intent that is not the current delivery's is a former host's.
            Some(Outcome::Intent | Outcome::Uncertain) => {
                return self.answer_delivered(caller, Delivered::Uncertain);
            }
            Some(Outcome::Pasted) => current.phase = Phase::Resume { empty_since: None },
        }
        self.deliveries.current = Some(current);
    }

    /// The text went in before and Enter was withheld. True while the delivery goes on.
    fn look_for_text(
        &mut self,
        current: &mut Current,
        empty_since: Option<Instant>,
        now: Instant,
    ) -> bool {
        let id = current.delivery.id.clone();
        match self.resume(&id, &current.delivery.rules, empty_since, now) {
            Resume::Enter => {
                current.phase = Phase::Settle { until: now, patience: now + STALL };
                return true;
            }
            Resume::Anew => {
                self.note(&id, Outcome::Void);
                self.deliveries.pasted = None;
                current.phase = Phase::Gate { since: now, empty_since: None };
                return true;
            }
            Resume::Look(since) => {
                current.phase = Phase::Resume { empty_since: Some(since) };
                return true;
            }
            Resume::Withhold(why) => {
                self.answer_delivered(current.caller, Delivered::Pasted { why });
            }
            Resume::Unknown => {
                self.note(&id, Outcome::Uncertain);
                self.answer_delivered(current.caller, Delivered::Uncertain);
            }
        }
        false
    }

    pub(super) fn facts(&self, rules: &InjectRules, now: Instant) -> Facts {
        let rows: Vec<String> = if rules.dialog.is_empty() && rules.composer.is_none() {
            Vec::new()
        } else {
            self.rows()
        };
        let human = self.typing.last.map(|at| now.saturating_duration_since(at));
        Facts {
            exited: self.exit.is_some(),
            foreground: self.is_foreground(),
            human_ms: human.map(|ago| u64::try_from(ago.as_millis()).unwrap_or(u64::MAX)),
            draft: self.draft.draft(),
            dialog: inject::dialog(&rules.dialog, rules.composer.as_ref(), &rows),
            composer: inject::composer(rules.composer.as_ref(), &rows),
            bracketed: self.screen.modes().bracketed_paste,
            unread: self.pty.unread() + self.queue.waiting(),
            line_limit: self.pty.line_limit(),
        }
    }

    /// Whether the agent has the terminal.
    pub(super) fn is_foreground(&self) -> bool {
        self.pty.foreground().and_then(|pgrp| u32::try_from(pgrp).ok()) == Some(self.agent.pid)
    }

    /// Before the text. True while the delivery goes on.
    fn gate(
        &mut self,
        current: &mut Current,
        since: Instant,
        empty_since: Option<Instant>,
        now: Instant,
    ) -> bool {
        let facts = self.facts(&current.delivery.rules, now);
        let style = if facts.bracketed { Style::Bracketed } else { Style::OneLine };
        let bytes = inject::encode(&current.delivery.body, style);
        match may_paste(&current.delivery.rules, &facts, bytes.len()) {
            Ok(()) => {}
            // The keys say that something may be there, the screen that nothing is.
            Err(HeldWhy::Draft)
                if facts.draft != Draft::None && facts.composer == Composer::Empty =>
            {
                let seen = empty_since.unwrap_or(now);
                if now < seen + EMPTY {
                    current.phase = Phase::Gate { since, empty_since: Some(seen) };
                } else {
                    self.draft.clear();
                    current.phase = Phase::Gate { since: now, empty_since: None };
                }
                return true;
            }
            Err(HeldWhy::Draft)
                if facts.draft == Draft::None && self.empties_again(current, now) =>
            {
                return true;
            }
            Err(HeldWhy::NotReading) if now < since + UNREAD => return true,
            Err(why) => {
                self.answer_delivered(current.caller, Delivered::Held { why });
                return false;
            }
        }
        if let Err(e) = self.ledger.intend(&current.delivery.id, current.body.clone()) {
            error!(error = %e, "nothing is typed without the ledger");
            let refusal = Refusal::new(RefusalCode::Failed, e.to_string());
            self.answer(current.caller, Err(refusal));
            return false;
        }
        current.bracketed = facts.bracketed;
        self.deliveries.pressed = None;
        self.deliveries.comes_back = None;
        current.phase = Phase::Text;
        self.queue.push(Part::Text, bytes, now);
        true
    }

    /// Empties the composer, which nobody typed into, of the prompt whose turn was stopped, if that may
    /// be what is there. The delivery waits for it.
    fn empties_again(&mut self, current: &Current, now: Instant) -> bool {
        let Some(empties) = self.deliveries.comes_back.take() else { return false };
        self.empty_composer(current.delivery.rules.clone(), empties, now);
        true
    }

    /// A part of a message was taken by the terminal as a whole.
    pub(super) fn part_typed(&mut self, part: Part) {
        let Some(mut current) = self.deliveries.current.take() else { return };
        let now = Instant::now();
        match (part, current.phase) {
            (Part::Text, Phase::Text) if current.delivery.submit => {
                let settle = Duration::from_millis(current.delivery.settle_ms);
                let until = now + settle.min(MOST_SETTLE);
                current.phase = Phase::Settle { until, patience: until + STALL };
            }
            (Part::Text, Phase::Text) => {
                self.draft.unsure();
                self.written(&mut current, timestamp(), now);
            }
            (Part::Enter, Phase::Enter { looked }) => self.entered(&mut current, looked, now),
            _ => {}
        }
        self.deliveries.current = Some(current);
    }

    fn entered(&mut self, current: &mut Current, looked: Timestamp, now: Instant) {
        self.draft.clear();
        self.deliveries.pasted = None;
        self.written(current, looked, now + AFTER_ENTER);
    }

    fn written(&mut self, current: &mut Current, at: Timestamp, release: Instant) {
        self.note(&current.delivery.id, Outcome::Written(at));
        self.answer_delivered(current.caller, Delivered::Written { at, repeat: false });
        current.phase = Phase::Release { until: release };
    }

    /// While bytes of the message wait to be taken.
    fn watch_progress(&mut self, current: &mut Current, now: Instant) -> bool {
        let stalled = now >= self.queue.progress() + STALL;
        if self.exit.is_none() && !stalled {
            return true;
        }
        let why = if stalled { HeldWhy::NotReading } else { HeldWhy::Exited };
        if matches!(current.phase, Phase::Enter { .. }) {
            self.queue.take_back(Part::Enter, b"");
            self.withhold(current, why, now);
            return true;
        }
        let closing: &[u8] = if current.bracketed { PASTE_END } else { b"" };
        if self.queue.take_back(Part::Text, closing) {
            self.note(&current.delivery.id, Outcome::Void);
            self.answer_delivered(current.caller, Delivered::Held { why });
        } else {
            self.draft.unsure();
            self.note(&current.delivery.id, Outcome::Uncertain);
            self.answer_delivered(current.caller, Delivered::Uncertain);
        }
        current.phase = Phase::Release { until: now };
        true
    }

    /// Between the text and Enter.
    fn settle(
        &mut self,
        current: &mut Current,
        until: Instant,
        patience: Instant,
        now: Instant,
    ) -> bool {
        if now < until && self.exit.is_none() {
            return true;
        }
        let looked = timestamp();
        self.take_output();
        let facts = self.facts(&current.delivery.rules, now);
        match may_enter(&current.delivery.rules, &facts, current.bracketed) {
            // The screen is late. An Enter now might come before the text does.
            Ok(()) if facts.composer == Composer::Empty && now < until + UNSHOWN => {}
            Ok(()) => {
                let Delivery { id, rules, .. } = &current.delivery;
                self.deliveries.pressed = self.before_enter(id, rules, &facts);
                current.phase = Phase::Enter { looked };
                if self.press_enter(now) {
                    self.entered(current, looked, now);
                }
            }
            Err(HeldWhy::NotReading) if now < patience => {}
            Err(why) => self.withhold(current, why, now),
        }
        true
    }

    /// The text is in, Enter is not pressed.
    fn withhold(&mut self, current: &mut Current, why: HeldWhy, now: Instant) {
        self.draft.unsure();
        self.deliveries.pasted = Some((current.delivery.id.clone(), why.clone()));
        self.note(&current.delivery.id, Outcome::Pasted);
        self.answer_delivered(current.caller, Delivered::Pasted { why });
        current.phase = Phase::Release { until: now };
    }

    /// A full disk must not stop what is typed half; after a crash it would be `uncertain`.
    fn note(&mut self, id: &MessageId, outcome: Outcome) {
        if let Err(e) = self.ledger.settle(id, outcome) {
            warn!(error = %e, %id, "the outcome is not on disk");
        }
    }

    fn answer_delivered(&mut self, caller: Caller, delivered: Delivered) {
        self.answer(caller, Ok(Answer::Delivered(delivered)));
    }
}
