//! Puts a task on the board.

use crate::model::board::{State, TaskId};
use crate::store::idempotency::{self, Key};
use crate::store::{Change, StoreError};

use super::record::Task;
use super::{history, read};

/// A task to be.
#[derive(Debug, Clone)]
pub struct New {
    /// Its project.
    pub project: String,
    /// What it is, in a line.
    pub subject: String,
    /// What it is, in full.
    pub body: String,
    /// What has to be done first.
    pub depends_on: Vec<TaskId>,
    /// How many claims may fail, 1 or more.
    pub max_attempts: u32,
    /// JSON.
    pub metadata: Option<String>,
    /// Who adds it.
    pub created_by: String,
    /// The caller's key.
    pub key: Option<Key>,
    /// Most tasks of the project that are not over.
    pub limit: u32,
}

/// Adds the task, or returns the one that the same key added before. What it depends on must be
/// there, in the same project.
pub fn add(change: &Change<'_>, new: &New) -> Result<Task, StoreError> {
    if let Some(key) = &new.key
        && let Some(id) = idempotency::find(change, key)?
    {
        let unknown = |_| StoreError::Value { what: "subject of a key", value: id.clone() };
        return read::get(change.db(), TaskId::parse(&id).map_err(unknown)?);
    }
    has_room(change, new)?;
    change
        .tx
        .prepare_cached(
            "INSERT INTO tasks (project, subject, body, state, open, created_by, max_attempts, \
             metadata, created_at) VALUES (?1, ?2, ?3, 'pending', 0, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            &new.project,
            &new.subject,
            &new.body,
            &new.created_by,
            new.max_attempts,
            &new.metadata,
            change.now().0,
        ))?;
    let row = change.tx.last_insert_rowid();
    let id = u32::try_from(row)
        .map(TaskId)
        .map_err(|_| StoreError::Value { what: "number of tasks", value: row.to_string() })?;
    depend(change, id, &new.project, &new.depends_on)?;
    let task = read::get(change.db(), id)?;
    history::keep(change, &task, &new.created_by, "added", None)?;
    if let Some(key) = &new.key {
        idempotency::keep(change, key, &id.to_string())?;
    }
    Ok(task)
}

fn has_room(change: &Change<'_>, new: &New) -> Result<(), StoreError> {
    let alive: u32 = change
        .tx
        .prepare_cached(
            "SELECT count(*) FROM tasks WHERE project = ?1 AND state IN ('pending', 'running')",
        )?
        .query_row([&new.project], |row| row.get(0))?;
    if alive >= new.limit {
        let project = new.project.clone();
        return Err(StoreError::BoardFull { project, limit: new.limit });
    }
    Ok(())
}

/// Makes the task depend on these too, and counts those that are open.
pub(super) fn depend(
    change: &Change<'_>,
    id: TaskId,
    project: &str,
    depends_on: &[TaskId],
) -> Result<(), StoreError> {
    for wanted in depends_on {
        let found = read::find(change.db(), *wanted)?.filter(|found| found.project == project);
        let found =
            found.ok_or_else(|| StoreError::NotFound { what: "task", id: wanted.to_string() })?;
        let new = change
            .tx
            .prepare_cached(
                "INSERT INTO task_dependencies (task, depends_on) VALUES (?1, ?2) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute((id.0, wanted.0))?;
        if new == 1 && found.state != State::Done {
            let sql = "UPDATE tasks SET open = open + 1 WHERE id = ?1";
            change.tx.prepare_cached(sql)?.execute([id.0])?;
        }
    }
    Ok(())
}
