//! Its owner lets go of a task, or is over: it is pending again, for others.

use crate::model::board::Step;
use crate::model::session::Kind;
use crate::services::{Request, ServiceError, World};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError, tasks};
use crate::wire::task::{StepTask, TaskAnswer};

/// Takes the step if the task still has the version that was seen.
pub async fn release(
    world: &World,
    request: &Request,
    id: &str,
    asked: StepTask,
) -> Result<TaskAnswer, ServiceError> {
    super::step::take(world, request, id, asked, Step::Release).await
}

/// A worker is over: what it worked on is for others. An orchestrator's tasks wait for the next
/// one, which has the same id.
pub fn release_owner(change: &Change<'_>, session: &Session) -> Result<(), StoreError> {
    if session.kind == Kind::Worker {
        let note = format!("{} is over", session.id);
        tasks::release_owner(change, session.id.as_str(), &note)?;
    }
    Ok(())
}
