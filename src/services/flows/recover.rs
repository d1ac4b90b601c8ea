//! After a start of the supervisor: runs that were under way go on, from what is on record.

use std::sync::Arc;

use super::driver;
use crate::model::flow::RunState;
use crate::services::{ServiceError, World};
use crate::store::flows as rows;

/// Gives every run that something is to be done for a driver. One that makes trouble does not stop
/// the others.
pub async fn recover(world: &Arc<World>) -> Result<(), ServiceError> {
    for run in world.store.read(rows::open).await? {
        // A paused run may have left agents at work, which are to be harvested all the same.
        if run.state == RunState::WaitingGate {
            continue;
        }
        if let Err(error) = driver::drive(world, &run).await {
            tracing::error!(run = %run.id, %error, "failed to go on with a flow");
        }
    }
    Ok(())
}
