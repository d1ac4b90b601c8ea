//! Waits until a task is over.

use crate::agents::oneshot::Ended;
use crate::services::{ServiceError, World, sessions};
use crate::store::StoreError;

/// Returns what it has come to once its session is over; woken by the journal, no polling. A session
/// that came to nothing and was taken back is a crash.
pub async fn wait(world: &World, id: &str) -> Result<Ended, ServiceError> {
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        match sessions::load(world, id).await {
            Ok(session) => {
                if let Some(ended) = super::ended(world, &session) {
                    return Ok(ended);
                }
            }
            Err(ServiceError::NotFound { .. }) => {
                return Ok(Ended::nothing("crash", "it could not be started"));
            }
            Err(error) => return Err(error),
        }
        if newest.changed().await.is_err() {
            return Err(StoreError::Stopped.into());
        }
    }
}
