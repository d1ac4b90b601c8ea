//! Waits until a run is over. Woken by the journal, no polling.

use std::time::Duration;

use crate::model::rights::Verb;
use crate::model::workflow::RunState;
use crate::services::{Request, ServiceError, World};
use crate::store::StoreError;
use crate::wire::workflow::{RunAnswer, WaitQuery};

/// Returns when the run `id` is over, or needs a person to go on.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<RunAnswer, ServiceError> {
    let reached = async {
        let mut newest = world.store.newest();
        loop {
            newest.mark_unchanged();
            let run = super::load(world, request, Verb::ReadStatus, id).await?;
            if run.state.is_over() || run.state == RunState::Interrupted {
                return super::view::answer(world, id).await;
            }
            if newest.changed().await.is_err() {
                return Err(StoreError::Stopped.into());
            }
        }
    };
    let Some(seconds) = query.timeout_s else { return reached.await };
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|_| ServiceError::Usage(format!("{seconds} is not a number of seconds")))?;
    tokio::time::timeout(limit, reached).await.unwrap_or(Err(ServiceError::Timeout(limit)))
}
