//! At start: removals of worktrees, and their way back, that an earlier supervisor did not finish.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::work::RemovalState;
use crate::services::{Request, ServiceError, World, projects};

/// Finishes each in its session's lane, in tasks of their own: nobody waits for them.
pub async fn finish_cut_off(world: &Arc<World>, request: &Request) -> Result<(), ServiceError> {
    let begun = world.store.read(crate::store::sessions::being_removed).await?;
    for session in begun {
        let (world, request) = (world.clone(), request.clone());
        tokio::spawn(async move {
            let id = session.id.clone();
            let lane = super::lane(&id);
            let (shared, session) = (world.clone(), id.clone());
            let work = async move { one(&shared, &request, &session).await };
            let done = world.lanes.run(&lane, work).await;
            if let Err(error) = done.map_err(ServiceError::from).and_then(|done| done) {
                tracing::error!(session = %id, %error, "failed to finish with a worktree");
            }
        });
    }
    Ok(())
}

async fn one(world: &Arc<World>, request: &Request, id: &SessionId) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let project = projects::load(world, session.project.as_str()).await?;
    match session.removal.as_ref().map(|removal| removal.state) {
        Some(RemovalState::Removing) => {
            super::clean::finish(world, request, &project, &session).await?;
        }
        Some(RemovalState::Restoring) => {
            super::restore_work::bring_back(world, request, &project, &session, None).await?;
        }
        Some(RemovalState::Removed) | None => {}
    }
    Ok(())
}
