//! Changes a task's words, and what it waits for.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::tasks::{self, Update};
use crate::store::{StoreError, idempotency};
use crate::wire::task::{TaskAnswer, UpdateTask};

use super::{check, find, step, view};

/// Updates the task if it still has the version that was seen. What it depends on can be changed
/// while nobody works on it, and never so that it would wait for itself.
pub async fn update(
    world: &World,
    request: &Request,
    id: &str,
    asked: UpdateTask,
) -> Result<TaskAnswer, ServiceError> {
    let seen = find::load(world, id).await?;
    find::allow(world, request, &seen.task, Verb::ChangeTask).await?;
    check::note(asked.note.as_deref())?;
    asked.subject.as_deref().map(check::subject).transpose()?;
    asked.body.as_deref().map(check::body).transpose()?;
    asked.depends_on.as_deref().map(check::dependencies).transpose()?;
    asked.max_attempts.map(check::attempts).transpose()?;
    let what = serde_json::to_string(&asked).unwrap_or_default();
    let key = request.idempotency("update-task", &format!("{id}\n{what}"));
    let expected = step::expected(asked.expect_version, &seen.task)?;
    let update = Update {
        metadata: check::metadata(asked.metadata.as_ref())?,
        subject: asked.subject,
        body: asked.body,
        max_attempts: asked.max_attempts,
        depends_on: asked.depends_on,
        note: asked.note,
    };
    let (task, by) = (seen.task.id, request.caller.name().to_owned());
    let updated: Result<_, StoreError> = world
        .store
        .write(request.origin(world.now()), move |change| {
            idempotency::once(change, key.as_ref(), &task.to_string(), || {
                tasks::update(change, task, expected, &by, &update)
            })?;
            let now = tasks::get(change.db(), task)?;
            tasks::seen(change.db(), vec![now])
        })
        .await;
    match updated {
        Ok(seen) => view::answer(seen, Vec::new()),
        Err(error) => Err(step::with_current(world, id, error).await),
    }
}
