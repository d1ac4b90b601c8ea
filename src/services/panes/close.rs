//! Closes a session's pane.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::panes::PanesError;
use crate::services::{ServiceError, World, sessions};
use crate::store::sessions as rows;

use super::lane;
use super::note::note;

/// Closes the session's pane in a task of its own.
pub fn close_later(world: &Arc<World>, id: &SessionId) {
    if !world.panes.is_on() {
        return;
    }
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        if let Err(error) = close(&world, &id).await {
            tracing::warn!(session = %id, %error, "failed to close a pane");
        }
    });
}

async fn close(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let session = sessions::load(world, id.as_str()).await?;
    let panes = world.panes.of(&session.project)?;
    let (shared, lane) = (world.clone(), lane(&session.project));
    world
        .lanes
        .run(&lane, async move {
            let session = sessions::load(&shared, session.id.as_str()).await?;
            if !session.phase.is_over() {
                return Ok(());
            }
            match panes.close(&session.id).await {
                Ok(()) | Err(PanesError::Gone | PanesError::NoPane(_)) => {}
                Err(error) => return Err(error.into()),
            }
            let alive = shared
                .store
                .read({
                    let project = session.project.to_string();
                    move |db| rows::count_alive(db, &project)
                })
                .await?;
            if alive == 0 {
                panes.end().await?;
            }
            note(&shared, &session, "closed").await
        })
        .await?
}
