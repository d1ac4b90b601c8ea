//! Changes a task's words, and what it waits for.

use crate::model::board::{Step, TaskId, after, wait_cycle};
use crate::store::{Change, StoreError};

use super::add::depend;
use super::record::Task;
use super::state::current;
use super::{history, read};

/// What changes; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// What it is, in a line.
    pub subject: Option<String>,
    /// What it is, in full.
    pub body: Option<String>,
    /// JSON.
    pub metadata: Option<String>,
    /// How many claims may fail.
    pub max_attempts: Option<u32>,
    /// All that it depends on from now on; only while nobody works on it.
    pub depends_on: Option<Vec<TaskId>>,
    /// What is said with it.
    pub note: Option<String>,
}

/// Updates the task if it still has the version `expected`. A task that would wait for itself is
/// refused with the way from it to itself.
pub fn update(
    change: &Change<'_>,
    id: TaskId,
    expected: u32,
    by: &str,
    update: &Update,
) -> Result<Task, StoreError> {
    let task = current(change, id, expected)?;
    let step = if update.depends_on.is_some() { Step::Depend } else { Step::Update };
    after(task.state, step, task.open, task.attempts)
        .map_err(|refused| StoreError::TaskState { id: id.to_string(), refused })?;
    change
        .tx
        .prepare_cached(
            "UPDATE tasks SET version = version + 1, subject = coalesce(?3, subject), \
             body = coalesce(?4, body), metadata = coalesce(?5, metadata), \
             max_attempts = coalesce(?6, max_attempts), note = coalesce(?7, note) \
             WHERE id = ?1 AND version = ?2",
        )?
        .execute((
            id.0,
            expected,
            &update.subject,
            &update.body,
            &update.metadata,
            update.max_attempts,
            &update.note,
        ))?;
    if let Some(depends_on) = &update.depends_on {
        replace_dependencies(change, &task, depends_on)?;
    }
    let task = current(change, id, expected + 1)?;
    history::keep(change, &task, by, Step::Update.as_str(), update.note.as_deref())?;
    if task.open == 0 && update.depends_on.is_some() {
        let data = serde_json::json!({ "task": task.id });
        change.record("task.ready", Some(&task.project), None, &data)?;
    }
    Ok(task)
}

fn replace_dependencies(
    change: &Change<'_>,
    task: &Task,
    depends_on: &[TaskId],
) -> Result<(), StoreError> {
    let way = wait_cycle(task.id, depends_on, |id| {
        let found = read::dependencies(change.db(), id)?;
        Ok::<_, StoreError>(found.into_iter().map(|(id, _)| id).collect())
    })?;
    if let Some(way) = way {
        return Err(StoreError::TaskCycle { way });
    }
    change
        .tx
        .prepare_cached("DELETE FROM task_dependencies WHERE task = ?1")?
        .execute([task.id.0])?;
    change.tx.prepare_cached("UPDATE tasks SET open = 0 WHERE id = ?1")?.execute([task.id.0])?;
    depend(change, task.id, &task.project, depends_on)
}
