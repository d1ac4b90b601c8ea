//! Waits until a subagent is over. Woken by the journal, no polling.

use std::time::Duration;

use crate::services::{Request, ServiceError, World};
use crate::store::StoreError;
use crate::wire::subagent::{SubagentAnswer, WaitQuery};

/// Returns when the subagent `id` is over.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<SubagentAnswer, ServiceError> {
    super::find::allowed(world, request, id).await?;
    let Some(seconds) = query.timeout_s else { return over(world, id).await };
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|_| ServiceError::Usage(format!("{seconds} is not a number of seconds")))?;
    let reached = tokio::time::timeout(limit, over(world, id));
    reached.await.unwrap_or(Err(ServiceError::Timeout(limit)))
}

/// The same for who has asked already whether that is allowed.
pub(super) async fn over(world: &World, id: &str) -> Result<SubagentAnswer, ServiceError> {
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        if super::find::load(world, id).await?.state.is_over() {
            return super::view::answer(world, id).await;
        }
        if newest.changed().await.is_err() {
            return Err(StoreError::Stopped.into());
        }
    }
}
