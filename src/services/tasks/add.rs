//! Puts a task on the board.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::tasks::{self, New};
use crate::wire::task::{AddTask, TaskAnswer};

use super::{check, view};

/// Most tasks of a project that are not over.
const LIMIT: u32 = 20_000;

/// Adds a task. It waits for what it depends on, which has to be there.
pub async fn add(
    world: &World,
    request: &Request,
    add: AddTask,
) -> Result<TaskAnswer, ServiceError> {
    let project = projects::load(world, &add.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Board, target).await?;
    check::subject(&add.subject)?;
    check::body(&add.body)?;
    check::dependencies(&add.depends_on)?;
    let max_attempts = add.max_attempts.unwrap_or(1);
    check::attempts(max_attempts)?;
    let metadata = check::metadata(add.metadata.as_ref())?;
    let what = serde_json::to_string(&add).unwrap_or_default();
    let new = New {
        project: project.id.to_string(),
        subject: add.subject,
        body: add.body,
        depends_on: add.depends_on,
        max_attempts,
        metadata,
        created_by: request.caller.name().to_owned(),
        key: request.idempotency("add-task", &what),
        limit: LIMIT,
    };
    let added = world
        .store
        .write(request.origin(world.now()), move |change| {
            let task = tasks::add(change, &new)?;
            tasks::seen(change.db(), vec![task])
        })
        .await?;
    view::answer(added, Vec::new())
}
