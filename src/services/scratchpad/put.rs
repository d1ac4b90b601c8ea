//! Writes a value.

use crate::services::{Request, ServiceError, World};
use crate::store::scratchpad;
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
    let by = request.caller.name().to_owned();
    let there = place.clone();
    let written = world
        .store
        .write(request.origin(world.now()), move |change| {
            scratchpad::put(change, &there, &put.value, condition, &by)
        })
        .await;
    match written {
        Ok(value) => Ok(ScratchAnswer { entry: view(value) }),
        Err(error) => Err(with_current(world, place, error).await),
    }
}
