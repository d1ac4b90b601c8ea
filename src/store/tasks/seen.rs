//! A task together with what it depends on: all that is shown of it, read at one moment.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::model::board::{Standing, State, TaskId};
use crate::store::StoreError;

use super::read;
use super::record::Task;

/// A task, and whether it can be begun.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The task.
    pub task: Task,
    /// What it depends on, in the order of their ids.
    pub depends_on: Vec<TaskId>,
    /// Whether it can be begun; nothing once it was.
    pub standing: Option<Standing>,
}

/// The tasks with what they depend on.
pub fn seen(db: &Connection, tasks: Vec<Task>) -> Result<Vec<Seen>, StoreError> {
    // What is lost is asked for only where something is waited for at all.
    let waits = tasks.iter().any(|task| task.state == State::Pending && task.open > 0);
    let lost = if waits { read::lost(db)? } else { HashSet::new() };
    tasks.into_iter().map(|task| one(db, task, &lost)).collect()
}

fn one(db: &Connection, task: Task, lost: &HashSet<TaskId>) -> Result<Seen, StoreError> {
    let dependencies = read::dependencies(db, task.id)?;
    let with_reach: Vec<(TaskId, State, bool)> =
        dependencies.iter().map(|(id, state)| (*id, *state, !lost.contains(id))).collect();
    Ok(Seen {
        depends_on: dependencies.into_iter().map(|(id, _)| id).collect(),
        standing: (task.state == State::Pending).then(|| Standing::of(&with_reach)),
        task,
    })
}
