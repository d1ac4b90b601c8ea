//! A run's row: the one writer of its state.

use serde_json::json;

use crate::model::flow::RunState;
use crate::store::{Change, StoreError};

use super::record::Run;

/// A run to be.
#[derive(Debug, Clone)]
pub struct New {
    /// `fl-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// The flow's name.
    pub name: String,
    /// Where the flow was read.
    pub file: String,
    /// The flow's file, whole.
    pub text: String,
    /// JSON.
    pub args: String,
    /// JSON.
    pub options: String,
    /// Who asked for it.
    pub started_by: String,
    /// Its steps, in the order of the file.
    pub steps: Vec<NewStep>,
}

/// A step to be.
#[derive(Debug, Clone)]
pub struct NewStep {
    /// Its id in the file.
    pub id: String,
    /// The file's word for what its failure means.
    pub on_failure: &'static str,
    /// The numbers of the steps that it depends on.
    pub depends_on: Vec<u32>,
}

/// Accepts a run with all its steps.
pub fn add(change: &Change<'_>, new: &New) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO flow_runs (id, project, name, file, text, args, options, state, \
             started_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'running', ?8, ?9)",
        )?
        .execute(rusqlite::params![
            new.id,
            new.project,
            new.name,
            new.file,
            new.text,
            new.args,
            new.options,
            new.started_by,
            change.now().0,
        ])?;
    let mut step = change.tx.prepare_cached(
        "INSERT INTO flow_steps (run, idx, step, on_failure, state, waits) \
         VALUES (?1, ?2, ?3, ?4, 'pending', ?5)",
    )?;
    let mut dependency = change
        .tx
        .prepare_cached("INSERT INTO flow_deps (run, depends_on, step) VALUES (?1, ?2, ?3)")?;
    for (idx, row) in (0_u32..).zip(&new.steps) {
        let waits = u32::try_from(row.depends_on.len()).unwrap_or(u32::MAX);
        step.execute((&new.id, idx, &row.id, row.on_failure, waits))?;
        for on in &row.depends_on {
            dependency.execute((&new.id, on, idx))?;
        }
    }
    let data = json!({
        "run": new.id, "flow": new.name, "steps": new.steps.len(), "by": new.started_by,
    });
    change.record("flow.accepted", Some(&new.project), None, &data)
}

/// Moves the run on. A state that it cannot come to is an error, and nothing changes.
pub fn set_state(change: &Change<'_>, id: &str, next: RunState) -> Result<(), StoreError> {
    moved(change, id, next, None)
}

/// Nothing further begins until a person says so.
pub fn pause(change: &Change<'_>, id: &str, reason: &str) -> Result<(), StoreError> {
    moved(change, id, RunState::Paused, Some(reason))
}

fn moved(
    change: &Change<'_>,
    id: &str,
    next: RunState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let run = found(change, id)?;
    if run.state == next {
        return Ok(());
    }
    if !run.state.may_become(next) {
        return Err(StoreError::RunState {
            id: id.to_owned(),
            from: run.state.as_str(),
            to: next.as_str(),
        });
    }
    let finished = next.is_over().then_some(change.now().0);
    let sql = "UPDATE flow_runs SET state = ?2, reason = ?3, finished_at = ?4 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, next.as_str(), reason, finished))?;
    let data = json!({ "run": id, "state": next, "from": run.state, "reason": reason });
    change.record("flow.state", Some(&run.project), None, &data)
}

/// Keeps the options, in which the budget is.
pub fn set_budget(change: &Change<'_>, id: &str, options: &str) -> Result<(), StoreError> {
    let sql = "UPDATE flow_runs SET options = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, options))?;
    Ok(())
}

pub(super) fn found(change: &Change<'_>, id: &str) -> Result<Run, StoreError> {
    let run = super::find(change.db(), id)?;
    run.ok_or_else(|| StoreError::NotFound { what: "flow run", id: id.to_owned() })
}
