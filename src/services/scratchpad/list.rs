//! All values.

use crate::services::{Request, ServiceError, World};
use crate::store::scratchpad;
use crate::wire::scratchpad::{ScratchList, ScratchQuery};

use super::place::{place, view};

/// The values of the scratchpad, in the order of their keys.
pub async fn list(
    world: &World,
    request: &Request,
    query: ScratchQuery,
) -> Result<ScratchList, ServiceError> {
    let place = place(world, request, "any", &query).await?;
    let found =
        world.store.read(move |db| scratchpad::list(db, &place.project, &place.flow)).await?;
    Ok(ScratchList { entries: found.into_iter().map(view).collect() })
}
