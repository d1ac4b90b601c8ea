//! Somebody begins a task.

use crate::model::board::Step;
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, sessions};
use crate::wire::task::{StepTask, TaskAnswer};

/// The task is the caller's from now on, or that of `asked.owner`, whom only the person and the
/// orchestrator may name. Of several claims at once exactly one is made.
pub async fn claim(
    world: &World,
    request: &Request,
    id: &str,
    mut asked: StepTask,
) -> Result<TaskAnswer, ServiceError> {
    let caller = request.caller.name().to_owned();
    let owner = asked.owner.take().unwrap_or_else(|| caller.clone());
    if owner != caller {
        let seen = super::find::load(world, id).await?;
        let project = ProjectId::parse(seen.task.project)?;
        let target = Target { project: Some(&project), ..Target::machine() };
        request.allow(world, Verb::ChangeTask, target).await?;
        may_own(world, &owner, &project).await?;
    }
    asked.owner = Some(owner);
    super::step::take(world, request, id, asked, Step::Claim).await
}

/// A session of the project that is not over.
async fn may_own(world: &World, owner: &str, project: &ProjectId) -> Result<(), ServiceError> {
    let session = sessions::load(world, owner).await?;
    if session.project != *project {
        return Err(ServiceError::Usage(format!("{owner} belongs to another project")));
    }
    match session.phase.end_reason() {
        Some(reason) => {
            Err(ServiceError::Ended { id: owner.to_owned(), reason: reason.to_string() })
        }
        None => Ok(()),
    }
}
