//! Removes a value.

use crate::services::{Request, ServiceError, World};
use crate::store::{idempotency, scratchpad};
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
    let key = request.idempotency("remove-scratch", &format!("{place:?}\n{condition:?}"));
    let by = request.caller.name().to_owned();
    let there = place.clone();
    let done = world
        .store
        .write(request.origin(world.now()), move |change| {
            let done = idempotency::once(change, key.as_ref(), &there.key, || {
                scratchpad::remove(change, &there, condition, &by)
            })?;
            done.map_or_else(|| scratchpad::last(change.db(), &there), Ok)
        })
        .await;
    match done {
        Ok(value) => Ok(ScratchAnswer { entry: view(value) }),
        Err(error) => Err(with_current(world, place, error).await),
    }
}
