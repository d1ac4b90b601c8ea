//! Removes a value.

use crate::services::{Request, ServiceError, World};
use crate::store::scratchpad;
use crate::wire::scratchpad::{ScratchAnswer, ScratchQuery};

use super::place::{condition, place, view, with_current};

/// Removes the value of `key`, always or only if it has the version named; answers with what it was.
pub async fn remove(
    world: &World,
    request: &Request,
    key: &str,
    query: ScratchQuery,
) -> Result<ScratchAnswer, ServiceError> {
    let place = place(world, request, key, &query).await?;
    let condition = condition(&query)?;
    let by = request.caller.name().to_owned();
    let there = place.clone();
    let removed = world
        .store
        .write(request.origin(world.now()), move |change| {
            scratchpad::remove(change, &there, condition, &by)
        })
        .await;
    match removed {
        Ok(value) => Ok(ScratchAnswer { entry: view(value) }),
        Err(error) => Err(with_current(world, place, error).await),
    }
}
