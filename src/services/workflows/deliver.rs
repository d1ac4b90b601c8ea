//! One result at a time to the script, in the order that is on record; agents are started only
//! when no result waits.

use serde_json::Value;

use super::driver::{Driver, Told};
use crate::model::workflow::{Due, Next, OpState, Outcome};
use crate::script::{Fault, Program, Settled, ToHost};
use crate::services::ServiceError;
use crate::store::workflows::{self as rows, Ended};

impl Driver {
    /// Does what can be done now.
    pub(super) async fn pump(&mut self) -> Result<(), ServiceError> {
        while self.idle && !self.paused && self.host.is_some() {
            let free = self.busy.len() < self.options.concurrency as usize;
            match self.replay.next(free) {
                Next::Deliver(seq, due) => self.deliver(seq, due).await?,
                Next::Start(seq) => self.ask_for_slot(seq),
                Next::Wait => break,
            }
        }
        Ok(())
    }

    /// Gives the script the result; its place in the order is on record before.
    async fn deliver(&mut self, seq: u64, due: Due) -> Result<(), ServiceError> {
        let run = self.run.id.clone();
        if matches!(due, Due::Known(..)) {
            let placed = self.write(move |change| rows::deliver(change, &run, seq)).await?;
            let entry = self.table.entry(seq);
            (entry.delivery, entry.spent_after) = (Some(placed.0), placed.1);
        }
        let entry = self.table.entry(seq);
        self.replayed = entry.delivery.unwrap_or(self.replayed);
        let (Some(id), Some(outcome)) = (entry.id, entry.outcome.clone()) else { return Ok(()) };
        let spent = entry.spent_after;
        let message = match outcome {
            Outcome::Value { .. } if entry.kind == "workflow" => child(id, &entry.spec),
            Outcome::Value { json, .. } => settle(id, Ok(json), spent),
            Outcome::Nothing { .. } => settle(id, Ok(Some("null".to_owned())), spent),
            Outcome::Error { name, message } => settle(id, Err(Fault::new(name, message)), spent),
        };
        self.spent = spent;
        if let Some(host) = &mut self.host {
            // One that is gone is heard of by its end.
            let _ = host.send(&message).await;
            self.host_works();
        }
        Ok(())
    }

    /// Something that a task of this run has to tell.
    pub(super) async fn take(&mut self, told: Told) -> Result<(), ServiceError> {
        match told {
            Told::Held(seq, reason) => self.held(seq, &reason).await,
            Told::Slot(seq, slot) => self.slot_granted(seq, slot).await,
            Told::Session(seq, session) => self.session_known(seq, session).await,
            Told::Ended(seq, finished) => self.agent_ended(seq, *finished).await,
            Told::Timer(seq) => self.finish(seq, Ended::free(Outcome::value(None))).await,
        }
    }

    /// Writes the outcome down, with its place in the order; then it is due.
    pub(super) async fn finish(&mut self, seq: u64, ended: Ended) -> Result<(), ServiceError> {
        if !self.table.entry(seq).state.is_open() {
            return Ok(());
        }
        let (run, outcome) = (self.run.id.clone(), ended.outcome.clone());
        let keeps = self
            .table
            .entry(seq)
            .call
            .as_ref()
            .is_some_and(|call| call.cache != crate::model::workflow::Cache::Off)
            // An artifact is held by runs, not by the project's cache.
            && outcome.artifact().is_none();
        let unit = self.options.unit();
        let (delivery, spent) = self
            .write(move |change| {
                let placed = rows::finish(change, &run, seq, &ended, unit)?;
                if keeps {
                    rows::keep(change, &run, seq)?;
                }
                Ok(placed)
            })
            .await?;
        let entry = self.table.entry(seq);
        entry.state = match outcome {
            Outcome::Value { .. } => OpState::Succeeded,
            _ => OpState::Failed,
        };
        (entry.outcome, entry.delivery, entry.spent_after) = (Some(outcome), Some(delivery), spent);
        entry.task = None;
        if entry.id.is_some() {
            self.replay.hit(seq, Due::Recorded(delivery));
        }
        Ok(())
    }
}

fn settle(id: u64, outcome: Result<Option<String>, Fault>, spent: f64) -> ToHost {
    ToHost::Settle(Settled { id, outcome, spent })
}

/// The called workflow as it was found when it was called.
fn child(id: u64, spec: &str) -> ToHost {
    let spec: Value = serde_json::from_str(spec).unwrap_or_default();
    let text = |name: &str| spec[name].as_str().unwrap_or_default().to_owned();
    let args = spec["args"].as_str().map(str::to_owned);
    let program = Program { file: text("file"), body: text("body"), args };
    ToHost::Child { id, name: text("name"), scope: text("scope"), program }
}
