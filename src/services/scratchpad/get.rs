//! One value.

use crate::services::{Request, ServiceError, World};
use crate::store::scratchpad;
use crate::wire::scratchpad::{ScratchAnswer, ScratchQuery};

use super::place::{place, view};

/// The value of `key`.
pub async fn get(
    world: &World,
    request: &Request,
    key: &str,
    query: ScratchQuery,
) -> Result<ScratchAnswer, ServiceError> {
    let place = place(world, request, key, &query).await?;
    let found = world.store.read(move |db| scratchpad::find(db, &place)).await?;
    let none = || ServiceError::NotFound { what: "key", id: key.to_owned() };
    found.map(|value| ScratchAnswer { entry: view(value) }).ok_or_else(none)
}
