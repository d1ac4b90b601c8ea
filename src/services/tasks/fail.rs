//! Its owner could not do the task: pending again while it has an attempt left.

use crate::model::board::Step;
use crate::services::{Request, ServiceError, World};
use crate::wire::task::{StepTask, TaskAnswer};

/// Takes the step if the task still has the version that was seen.
pub async fn fail(
    world: &World,
    request: &Request,
    id: &str,
    asked: StepTask,
) -> Result<TaskAnswer, ServiceError> {
    super::step::take(world, request, id, asked, Step::Fail).await
}
