//! The task is done; its result is whole: what waited for it may be ready now.

use crate::model::board::Step;
use crate::services::{Request, ServiceError, World};
use crate::wire::task::{StepTask, TaskAnswer};

/// Takes the step if the task still has the version that was seen.
pub async fn done(
    world: &World,
    request: &Request,
    id: &str,
    asked: StepTask,
) -> Result<TaskAnswer, ServiceError> {
    super::step::take(world, request, id, asked, Step::Done).await
}
