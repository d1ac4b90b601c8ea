//! Waits until a run is over. Woken by the journal, no polling.

use std::time::Duration;

use crate::model::flow::RunState;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::StoreError;
use crate::wire::flow::{RunAnswer, WaitQuery};

/// Returns when the run `id` is over, or is paused.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<RunAnswer, ServiceError> {
    super::load(world, request, Verb::ReadStatus, id).await?;
    let reached = async {
        until(world, id, |state| state.is_over() || state == RunState::Paused).await?;
        super::view::answer(world, id).await
    };
    let Some(seconds) = query.timeout_s else { return reached.await };
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|_| ServiceError::Usage(format!("{seconds} is not a number of seconds")))?;
    tokio::time::timeout(limit, reached).await.unwrap_or(Err(ServiceError::Timeout(limit)))
}

/// Returns when the run is over.
pub(super) async fn over(world: &World, id: &str) -> Result<(), ServiceError> {
    until(world, id, RunState::is_over).await
}

async fn until(
    world: &World,
    id: &str,
    reached: impl Fn(RunState) -> bool,
) -> Result<(), ServiceError> {
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        if reached(super::row(world, id).await?.state) {
            return Ok(());
        }
        if newest.changed().await.is_err() {
            return Err(StoreError::Stopped.into());
        }
    }
}
