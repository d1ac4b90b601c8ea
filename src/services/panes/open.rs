//! Opens a session's pane.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::session::Kind;
use crate::panes::{PaneSpec, Place, pane_title};
use crate::services::{ServiceError, World, sessions};
use crate::store::sessions::Session;

use super::lane;
use super::note::note;

/// Opens the session's pane in a task of its own.
pub fn open_later(world: &Arc<World>, id: &SessionId) {
    if !world.panes.is_on() {
        return;
    }
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        if let Err(error) = open(&world, &id).await {
            tracing::warn!(session = %id, %error, "failed to open a pane");
        }
    });
}

/// Opens it now; one that is there stays as it is.
pub(super) async fn open(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let session = sessions::load(world, id.as_str()).await?;
    let panes = world.panes.of(&session.project)?;
    let (shared, lane) = (world.clone(), lane(&session.project));
    world
        .lanes
        .run(&lane, async move {
            // The turn may have come after the session's end.
            let session = sessions::load(&shared, session.id.as_str()).await?;
            if session.phase.is_over() {
                return Ok(());
            }
            panes.ensure().await?;
            panes.open(&spec(&session)).await?;
            super::watch(&shared, &session.project);
            note(&shared, &session, "open").await
        })
        .await?
}

fn spec(session: &Session) -> PaneSpec {
    PaneSpec {
        session: session.id.clone(),
        title: pane_title(&session.id, session.label.as_deref()),
        place: match session.kind {
            Kind::Orchestrator => Place::Main,
            Kind::Worker => Place::Worker,
        },
    }
}
