//! After a start of the supervisor: what was under way goes on, what has ended meanwhile is told.

use std::sync::Arc;

use crate::services::{ServiceError, World};
use crate::store::subagents as rows;

/// Sees every subagent that is not over to its end.
pub async fn recover(world: &Arc<World>) -> Result<(), ServiceError> {
    for subagent in world.store.read(rows::open).await? {
        super::drive::drive(world, &subagent.new.id);
    }
    Ok(())
}
