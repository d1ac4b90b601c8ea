//! What all changes of a task have in common: the version that was seen, and who may.

use crate::model::board::Step;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, artifacts};
use crate::store::tasks::{self, Move};
use crate::store::{StoreError, idempotency};
use crate::wire::task::{StepTask, TaskAnswer};

use super::{check, find, view};

/// Takes one step of the task `id` in the caller's name. Repeated with the same idempotency key it
/// answers with the task as it is by then.
pub(super) async fn take(
    world: &World,
    request: &Request,
    id: &str,
    asked: StepTask,
    step: Step,
) -> Result<TaskAnswer, ServiceError> {
    let seen = find::load(world, id).await?;
    // Whoever begins what nobody works on takes nothing from anybody.
    let verb = if step == Step::Claim { Verb::Board } else { Verb::ChangeTask };
    find::allow(world, request, &seen.task, verb).await?;
    check::note(asked.note.as_deref())?;
    let expected = expected(asked.expect_version, &seen.task)?;
    let key = request.idempotency(
        step.as_str(),
        &format!("{id}\n{}", serde_json::to_string(&asked).unwrap_or_default()),
    );
    let result = match &asked.result {
        Some(sha256) => Some(artifacts::stored(world, sha256.clone()).await?),
        None => None,
    };
    let wanted = Move { step, owner: asked.owner, result, note: asked.note };
    let (task, by) = (seen.task.id, request.caller.name().to_owned());
    let taken = world
        .store
        .write(request.origin(world.now()), move |change| {
            let ready = idempotency::once(change, key.as_ref(), &task.to_string(), || {
                tasks::take_step(change, task, expected, &by, &wanted)
            })?;
            let now = tasks::get(change.db(), task)?;
            Ok((tasks::seen(change.db(), vec![now])?, ready.unwrap_or_default()))
        })
        .await;
    match taken {
        Ok((seen, ready)) => view::answer(seen, ready),
        Err(error) => Err(with_current(world, id, error).await),
    }
}

/// A change names the version that it was decided on.
pub(super) fn expected(
    expect_version: Option<u32>,
    task: &tasks::Task,
) -> Result<u32, ServiceError> {
    expect_version.ok_or_else(|| {
        ServiceError::Usage(format!(
            "a change names the version that was seen: {} has version {} now",
            task.id, task.version
        ))
    })
}

/// A stale version is told with what is there now.
pub(super) async fn with_current(world: &World, id: &str, error: StoreError) -> ServiceError {
    if !matches!(error, StoreError::Stale { .. }) {
        return error.into();
    }
    match find::load(world, id).await {
        Ok(seen) => {
            let view = view::view(seen);
            let owner = view.owner.as_deref().map_or_else(String::new, |o| format!(" by {o}"));
            let now = format!("{} is {}{owner} now: ao task show {}", view.id, view.state, view.id);
            let current = Box::new(serde_json::to_value(view).unwrap_or_default());
            ServiceError::Stale { stale: error, now, current }
        }
        Err(_) => error.into(),
    }
}
