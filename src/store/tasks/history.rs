//! What was done to a task, by whom, version by version.

use rusqlite::Connection;

use crate::model::board::TaskId;
use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError};

use super::record::Task;

/// One step.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The version that it made.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who: a session's id, `person` or `ao`.
    pub actor: String,
    /// `added`, `claimed`, `done` …
    pub step: String,
    /// What was said with it.
    pub note: Option<String>,
}

/// The newest `limit` steps of a task, oldest first.
pub fn history(db: &Connection, id: TaskId, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT version, at, actor, step, note FROM task_history WHERE task = ?1 \
         ORDER BY version DESC LIMIT ?2",
    )?;
    let rows = query.query_map((id.0, limit), |row| {
        Ok(Entry {
            version: row.get(0)?,
            at: Timestamp(row.get(1)?),
            actor: row.get(2)?,
            step: row.get(3)?,
            note: row.get(4)?,
        })
    })?;
    let mut entries = rows.collect::<Result<Vec<_>, _>>()?;
    entries.reverse();
    Ok(entries)
}

/// Writes down that `actor` made `task` what it is now, in the history and in the journal.
pub(super) fn keep(
    change: &Change<'_>,
    task: &Task,
    actor: &str,
    step: &str,
    note: Option<&str>,
) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO task_history (task, version, at, actor, step, note) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((task.id.0, task.version, change.now().0, actor, step, note))?;
    let data = serde_json::json!({
        "task": task.id, "version": task.version, "state": task.state.as_str(),
        "owner": task.owner, "by": actor,
    });
    // The journal names the session that it concerns: who works on it, or did.
    let session = task.owner.as_deref().or(task.last_owner.as_deref());
    change.record(&format!("task.{step}"), Some(&task.project), session, &data)
}
