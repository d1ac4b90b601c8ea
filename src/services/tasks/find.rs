//! One task.

use crate::model::board::TaskId;
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::tasks::{self, Seen, Task};
use crate::wire::task::{TaskDetail, TaskStepView};
use crate::wire::time::rfc3339;

use super::view;

/// Steps in the answer.
const STEPS: u32 = 100;

/// The task with what happened to it.
pub async fn find(world: &World, request: &Request, id: &str) -> Result<TaskDetail, ServiceError> {
    let seen = load(world, id).await?;
    allow(world, request, &seen.task, Verb::Board).await?;
    let task = seen.task.id;
    let steps = world.store.read(move |db| tasks::history(db, task, STEPS)).await?;
    let history = steps.into_iter().map(|step| TaskStepView {
        version: step.version,
        at: rfc3339(step.at),
        by: step.actor,
        step: step.step,
        note: step.note,
    });
    Ok(TaskDetail { task: view::view(seen), history: history.collect() })
}

/// The task of that id, as it is now.
pub(super) async fn load(world: &World, id: &str) -> Result<Seen, ServiceError> {
    let none = || ServiceError::NotFound { what: "task", id: id.to_owned() };
    // What cannot be an id names no task either.
    let task = TaskId::parse(id).map_err(|_| none())?;
    let found = world
        .store
        .read(move |db| match tasks::find(db, task)? {
            Some(task) => tasks::seen(db, vec![task]),
            None => Ok(Vec::new()),
        })
        .await?;
    found.into_iter().next().ok_or_else(none)
}

/// Whether the caller may do `verb` to the task. It is its owner's, and its maker's while nobody
/// works on it.
pub(super) async fn allow(
    world: &World,
    request: &Request,
    task: &Task,
    verb: Verb,
) -> Result<(), ServiceError> {
    let project = ProjectId::parse(task.project.clone())?;
    let author = task.owner.as_deref().unwrap_or(&task.created_by);
    let target = Target { project: Some(&project), session: None, author: Some(author) };
    request.allow(world, verb, target).await
}
