//! Writes a value.

use crate::services::{Request, ServiceError, World};
use crate::store::{idempotency, scratchpad};
use crate::wire::scratchpad::{PutScratch, ScratchAnswer, ScratchQuery};

use super::place::{condition, place, view, with_current};

/// Largest value in bytes.
const VALUE: usize = 64 * 1024;

/// Writes the value of `key`: always, only if there is none, or only over the version named.
pub async fn put(
    world: &World,
    request: &Request,
    key: &str,
    query: ScratchQuery,
    put: PutScratch,
) -> Result<ScratchAnswer, ServiceError> {
    let place = place(world, request, key, &query).await?;
    let condition = condition(&query)?;
    if put.value.len() > VALUE {
        return Err(ServiceError::Usage(format!(
            "the value has {} bytes, {VALUE} are allowed: it is for small things",
            put.value.len()
        )));
    }
    let key =
        request.idempotency("put-scratch", &format!("{place:?}\n{condition:?}\n{}", put.value));
    let by = request.caller.name().to_owned();
    let there = place.clone();
    let done = world
        .store
        .write(request.origin(world.now()), move |change| {
            let done = idempotency::once(change, key.as_ref(), &there.key, || {
                scratchpad::put(change, &there, &put.value, condition, &by)
            })?;
            done.map_or_else(|| scratchpad::last(change.db(), &there), Ok)
        })
        .await;
    match done {
        Ok(value) => Ok(ScratchAnswer { entry: view(value) }),
        Err(error) => Err(with_current(world, place, error).await),
    }
}
