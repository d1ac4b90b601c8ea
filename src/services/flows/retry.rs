//! A person has a step done again, with everything that depends on it.

use std::sync::Arc;

use super::approve::look_again;
use crate::model::flow::RunState;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::flows as rows;
use crate::wire::flow::{Retry, RunAnswer};

/// Sets the step and all behind it back to their beginning; what is before it stays as it is.
pub async fn retry(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    asked: Retry,
) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Spawn, id).await?;
    if run.state == RunState::Cancelling {
        return Err(ServiceError::Ended { id: run.id, reason: "it is being cancelled".to_owned() });
    }
    let wanted = id.to_owned();
    world
        .store
        .write(request.origin(world.now()), move |change| {
            rows::retry(change, &wanted, &asked.step)?;
            match run.state {
                RunState::Paused => Ok(()),
                _ => rows::set_state(change, &wanted, RunState::Running),
            }
        })
        .await?;
    look_again(world, id).await?;
    super::view::answer(world, id).await
}
