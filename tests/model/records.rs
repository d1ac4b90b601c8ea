//! What the supervisor has on disk: sessions and messages. Every change goes through the laws.

use ao::model::ids::{Generation, Timestamp};
use ao::model::message::{Ending, Policy, State, after_recipient};
use ao::model::session::{ActivityFact, EndReason, Ender, Kind, Phase, PhaseEvent, Step};
use ao::model::work::RemovalState;

use super::outside::Id;

/// A session's row.
#[derive(Debug, Clone)]
pub struct Row {
    pub project: usize,
    pub kind: Kind,
    pub phase: Phase,
    pub generation: Generation,
    /// The host of its generation and the boot it belongs to, once its agent ran.
    pub host: Option<(usize, u32)>,
    pub activity: Option<ActivityFact>,
    pub removal: Option<RemovalState>,
    /// Its agents speak by hooks.
    pub hooks: bool,
    /// The commit of its branch has been noted: from then on there may be a worktree.
    pub has_base: bool,
    /// Taken back: the row is there no more.
    pub discarded: bool,
}

/// A message's row.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: Id,
    pub policy: Policy,
    pub state: State,
    pub attempts: u32,
    pub not_before: Timestamp,
    pub deadline: Option<Timestamp>,
    pub generation: Option<Generation>,
    pub written_at: Option<Timestamp>,
}

/// Everything on disk.
#[derive(Debug, Default)]
pub struct Records {
    pub rows: Vec<Row>,
    pub mail: Vec<Mail>,
}

impl Records {
    pub fn row(&self, id: Id) -> &Row {
        &self.rows[id]
    }

    /// Sessions that the records call alive.
    pub fn alive(&self) -> Vec<Id> {
        let alive = |row: &Row| !row.discarded && !row.phase.is_over();
        (0..self.rows.len()).filter(|&id| alive(&self.rows[id])).collect()
    }

    /// Sessions that exist.
    pub fn known(&self) -> Vec<Id> {
        (0..self.rows.len()).filter(|&id| !self.rows[id].discarded).collect()
    }

    /// Takes the next id.
    pub fn reserve(&mut self, row: Row) -> Id {
        self.rows.push(row);
        self.rows.len() - 1
    }

    /// The transaction of a change of phase, with what becomes of the session's mail.
    pub fn change(&mut self, id: Id, event: PhaseEvent) -> Result<(), String> {
        let before = self.rows[id].phase.clone();
        let after = before.after(event).map_err(|illegal| illegal.to_string())?;
        if after.is_over() && !before.is_over() {
            self.end_mail(id, self.rows[id].hooks);
        }
        self.rows[id].phase = after;
        Ok(())
    }

    /// The transaction that begins a generation.
    pub fn next_generation(&mut self, id: Id) -> Result<(), String> {
        let row = &mut self.rows[id];
        let begin = PhaseEvent::Begin(Step::Plan);
        row.phase = row.phase.after(begin).map_err(|illegal| illegal.to_string())?;
        row.generation = row.generation.next();
        row.host = None;
        row.activity = None;
        Ok(())
    }

    pub fn discard(&mut self, id: Id) {
        self.end_mail(id, false);
        self.rows[id].discarded = true;
    }

    /// Settles the mail of a session whose generation ends.
    fn end_mail(&mut self, id: Id, gives_receipts: bool) {
        let end = Ending {
            kind: self.rows[id].kind,
            generation: self.rows[id].generation,
            gives_receipts,
        };
        for mail in self.mail.iter_mut().filter(|mail| mail.to == id) {
            let state = after_recipient(mail.state, mail.generation, end);
            assert!(mail.state == state || mail.state.may_become(state), "{:?}", mail.state);
            mail.state = state;
        }
    }

    /// Changes a message's state, if the law still lets it; returns whether.
    pub fn set_state(&mut self, mail: usize, state: State, now: Timestamp) -> bool {
        let mail = &mut self.mail[mail];
        if mail.state == state {
            return true;
        }
        if !mail.state.may_become(state) {
            return false;
        }
        mail.state = state;
        if state == State::Written {
            mail.written_at = Some(now);
        }
        true
    }
}

/// A person's kill.
pub fn killed() -> EndReason {
    EndReason::Killed { by: Ender::Person }
}

/// What a step's failure comes to.
pub fn failed(step: Step) -> EndReason {
    EndReason::Failed { step, error: String::new() }
}
