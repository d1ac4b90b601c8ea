//! Ends a task that nobody wants any more.

use std::sync::Arc;

use crate::model::session::{EndReason, Ender};
use crate::services::{Request, ServiceError, World, sessions};

/// Ends its session with everything that it has started; one that is over, or was never there, is
/// left as it is. In the name of ao: whoever asks was asked before.
pub async fn cancel(world: &Arc<World>, id: &str) -> Result<(), ServiceError> {
    let session = match sessions::load(world, id).await {
        Ok(session) => session,
        Err(ServiceError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    // What is long in its lane gives way.
    world.interrupts.ring(&session.id);
    let (shared, id) = (world.clone(), session.id.clone());
    let work = async move {
        let request = Request::of_supervisor();
        let reason = EndReason::Killed { by: Ender::Supervisor };
        sessions::end(&shared, &request, &id, reason, sessions::GRACE).await
    };
    match world.lanes.run(&sessions::lane(&session.id), work).await? {
        // Interrupted before it came to life, it was undone.
        Err(ServiceError::NotFound { .. }) => Ok(()),
        done => done,
    }
}
