//! The one writer of a task's state.

use crate::model::board::{Attempts, Step, TaskId, after};
use crate::store::artifacts::{self, Stored};
use crate::store::{Change, StoreError};

use super::record::Task;
use super::{history, read};

/// A step with what belongs to it.
#[derive(Debug, Clone)]
pub struct Move {
    /// What is done.
    pub step: Step,
    /// Who works on it from now on, for a claim.
    pub owner: Option<String>,
    /// The result, for a task that is done; the task holds on to it.
    pub result: Option<Stored>,
    /// What is said with it.
    pub note: Option<String>,
}

/// Takes the step if the task still has the version `expected`; returns what can be begun because of
/// it. Checked in this order: that there
/// is such a task, that it has not changed meanwhile, that its state allows the step.
pub fn take_step(
    change: &Change<'_>,
    id: TaskId,
    expected: u32,
    by: &str,
    wanted: &Move,
) -> Result<Vec<TaskId>, StoreError> {
    let task = current(change, id, expected)?;
    let claims = u32::from(wanted.step == Step::Claim);
    let attempts = Attempts { made: task.attempts.made + claims, ..task.attempts };
    let state = after(task.state, wanted.step, task.open, task.attempts)
        .map_err(|refused| StoreError::TaskState { id: id.to_string(), refused })?;
    let owner = if claims == 1 { wanted.owner.as_deref() } else { None };
    let now = change.now().0;
    if let Some(result) = &wanted.result {
        artifacts::hold(change, result, &format!("task:{id}"))?;
    }
    let result = wanted.result.as_ref().map(|result| &result.sha256);
    // An artifact has 64 MiB at most.
    let bytes =
        wanted.result.as_ref().map(|result| u32::try_from(result.bytes).unwrap_or(u32::MAX));
    let changed = change
        .tx
        .prepare_cached(
            "UPDATE tasks SET state = ?3, version = version + 1, owner = ?4, \
             last_owner = coalesce(owner, last_owner), attempts = ?5, note = ?6, \
             result = coalesce(?7, result), result_bytes = coalesce(?8, result_bytes), \
             claimed_at = coalesce(?9, claimed_at), ended_at = ?10 \
             WHERE id = ?1 AND version = ?2",
        )?
        .execute((
            id.0,
            expected,
            state.as_str(),
            owner,
            attempts.made,
            &wanted.note,
            result,
            bytes,
            (claims == 1).then_some(now),
            state.is_over().then_some(now),
        ))?;
    debug_assert_eq!(changed, 1, "the version was read in this transaction");
    let task = current(change, id, expected + 1)?;
    history::keep(change, &task, by, wanted.step.as_str(), wanted.note.as_deref())?;
    if wanted.step == Step::Done { release_dependents(change, &task) } else { Ok(Vec::new()) }
}

/// Its owner is over: whatever it was working on is for others. Returns the tasks.
pub fn release_owner(
    change: &Change<'_>,
    owner: &str,
    note: &str,
) -> Result<Vec<TaskId>, StoreError> {
    let mut released = Vec::new();
    for task in read::owned_by(change.db(), owner)? {
        let wanted =
            Move { step: Step::Release, owner: None, result: None, note: Some(note.to_owned()) };
        take_step(change, task.id, task.version, "ao", &wanted)?;
        released.push(task.id);
    }
    Ok(released)
}

/// The task, if it is as it was seen.
pub(super) fn current(change: &Change<'_>, id: TaskId, expected: u32) -> Result<Task, StoreError> {
    let task = read::get(change.db(), id)?;
    if task.version != expected {
        return Err(StoreError::Stale { expected, found: task.version });
    }
    Ok(task)
}

/// One less to wait for, for each that depends on this one; those that wait for nothing more.
fn release_dependents(change: &Change<'_>, done: &Task) -> Result<Vec<TaskId>, StoreError> {
    let mut query = change.tx.prepare_cached(
        "UPDATE tasks SET open = open - 1 \
         WHERE id IN (SELECT task FROM task_dependencies WHERE depends_on = ?1) \
         RETURNING id, open, state",
    )?;
    let rows = query.query_map([done.id.0], |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?))
    })?;
    let rows: Vec<(u32, u32, String)> = rows.collect::<Result<_, _>>()?;
    let mut ready: Vec<TaskId> = rows
        .into_iter()
        .filter(|(_, open, state)| *open == 0 && state == "pending")
        .map(|(id, ..)| TaskId(id))
        .collect();
    ready.sort_unstable();
    for id in &ready {
        let data = serde_json::json!({ "task": id, "after": done.id });
        change.record("task.ready", Some(&done.project), None, &data)?;
    }
    Ok(ready)
}
