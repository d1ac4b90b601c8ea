//! A run's row: the one writer of its state.

use serde_json::json;

use crate::model::workflow::RunState;
use crate::store::{Change, StoreError};

/// A run to be.
#[derive(Debug, Clone)]
pub struct New {
    /// `wf-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// The workflow's name.
    pub name: String,
    /// Where the script was read.
    pub file: String,
    /// The script, whole.
    pub script: String,
    /// Its SHA-256.
    pub script_sha: String,
    /// JSON text.
    pub args: Option<String>,
    /// JSON.
    pub options: String,
    /// The run whose results it takes.
    pub resumed_from: Option<String>,
    /// Of the working tree.
    pub fingerprint: Option<String>,
    /// Who asked for it.
    pub started_by: String,
}

/// Accepts a run.
pub fn add(change: &Change<'_>, new: &New) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO workflow_runs (id, project, name, file, script, script_sha, args, \
             options, state, resumed_from, fingerprint, engine, started_by, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(rusqlite::params![
            new.id,
            new.project,
            new.name,
            new.file,
            new.script,
            new.script_sha,
            new.args,
            new.options,
            new.resumed_from,
            new.fingerprint,
            env!("CARGO_PKG_VERSION"),
            new.started_by,
            change.now().0,
        ])?;
    let data = json!({ "run": new.id, "workflow": new.name, "by": new.started_by });
    change.record("workflow.accepted", Some(&new.project), None, &data)
}

/// Moves the run on. A state that it cannot come to is an error, and nothing changes.
pub fn set_state(change: &Change<'_>, id: &str, next: RunState) -> Result<(), StoreError> {
    let run = super::find(change.db(), id)?;
    let run =
        run.ok_or_else(|| StoreError::NotFound { what: "workflow run", id: id.to_owned() })?;
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
    let sql = "UPDATE workflow_runs SET state = ?2, finished_at = ?3 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, next.as_str(), finished))?;
    let data = json!({ "run": id, "state": next, "from": run.state });
    change.record("workflow.state", Some(&run.project), None, &data)
}

/// A person has it wait, or go on.
pub fn set_paused(change: &Change<'_>, id: &str, paused: bool) -> Result<(), StoreError> {
    let sql = "UPDATE workflow_runs SET paused = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, paused))?;
    Ok(())
}

/// The run is over, with a result or an error.
pub fn finish_run(
    change: &Change<'_>,
    id: &str,
    state: RunState,
    result: Option<&str>,
    error: Option<&str>,
) -> Result<(), StoreError> {
    set_state(change, id, state)?;
    let sql = "UPDATE workflow_runs SET result = ?2, error = ?3 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, result, error))?;
    Ok(())
}
