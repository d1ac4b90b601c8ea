//! Reads tasks.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use crate::model::board::{State, TaskId};
use crate::store::StoreError;

use super::record::{COLUMNS, Task};

/// Which tasks.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this project's.
    pub project: Option<String>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those that this one works on.
    pub owner: Option<String>,
    /// Only those that can be begun.
    pub ready: bool,
    /// Only those after this one.
    pub after: Option<TaskId>,
}

/// The task, if there is one.
pub fn find(db: &Connection, id: TaskId) -> Result<Option<Task>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id.0], Task::read).optional()?.transpose()
}

/// The task, which has to be there.
pub fn get(db: &Connection, id: TaskId) -> Result<Task, StoreError> {
    find(db, id)?.ok_or_else(|| StoreError::NotFound { what: "task", id: id.to_string() })
}

/// At most `limit` tasks in the order of their ids.
pub fn list(db: &Connection, filter: &Filter, limit: u32) -> Result<Vec<Task>, StoreError> {
    // Ready is a state with a number: with the project, an index has those tasks side by side.
    let state = if filter.ready { Some(State::Pending) } else { filter.state }.map(State::as_str);
    // A condition that may be absent still names its parameter, so that all variants are called alike.
    let given = |is_given: bool, column: &str, parameter: &str| {
        if is_given { format!("{column} = {parameter}") } else { format!("{parameter} IS NULL") }
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks WHERE id > ?1 AND {} AND {} AND {} {} ORDER BY id LIMIT ?5",
        given(filter.project.is_some(), "project", "?2"),
        given(state.is_some(), "state", "?3"),
        given(filter.owner.is_some(), "owner", "?4"),
        if filter.ready { "AND open = 0" } else { "" },
    );
    let mut query = db.prepare_cached(&sql)?;
    let after = filter.after.map_or(0, |id| id.0);
    let rows =
        query.query_map((after, &filter.project, state, &filter.owner, limit), Task::read)?;
    rows.map(|row| row?).collect()
}

/// The tasks that `owner` works on.
pub(super) fn owned_by(db: &Connection, owner: &str) -> Result<Vec<Task>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE owner = ?1 ORDER BY id");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([owner], Task::read)?;
    rows.map(|row| row?).collect()
}

/// What the task depends on, each with its state, in the order of their ids.
pub(super) fn dependencies(
    db: &Connection,
    id: TaskId,
) -> Result<Vec<(TaskId, State)>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT depends_on, state FROM task_dependencies JOIN tasks ON id = depends_on \
         WHERE task = ?1 ORDER BY depends_on",
    )?;
    let rows = query.query_map([id.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (id, state) = row?;
        let known = State::parse(&state);
        let state = known.ok_or(StoreError::Value { what: "state of a task", value: state })?;
        Ok((TaskId(id), state))
    })
    .collect()
}

/// The pending tasks that can never be begun: something they depend on, by however many others,
/// failed or was cancelled. Costs what is lost, not what there is.
pub(super) fn lost(db: &Connection) -> Result<HashSet<TaskId>, StoreError> {
    let mut query = db.prepare_cached(
        "WITH RECURSIVE lost (id) AS ( \
             SELECT id FROM tasks WHERE state IN ('failed', 'cancelled') \
             UNION \
             SELECT task FROM lost JOIN task_dependencies ON depends_on = lost.id \
             JOIN tasks ON tasks.id = task AND tasks.state = 'pending') \
         SELECT lost.id FROM lost JOIN tasks ON tasks.id = lost.id AND tasks.state = 'pending'",
    )?;
    let rows = query.query_map([], |row| row.get(0).map(TaskId))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
