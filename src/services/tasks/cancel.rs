//! The task is not wanted any more: what depends on it cannot be reached.

use crate::model::board::Step;
use crate::services::{Request, ServiceError, World};
use crate::wire::task::{StepTask, TaskAnswer};

/// Takes the step if the task still has the version that was seen.
pub async fn cancel(
    world: &World,
    request: &Request,
    id: &str,
    asked: StepTask,
) -> Result<TaskAnswer, ServiceError> {
    super::step::take(world, request, id, asked, Step::Cancel).await
}
