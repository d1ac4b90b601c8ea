//! Follows a project's panes, so that it is known which are open. What a person closes stays closed
//! until the next `ao zellij`; so do all when zellij goes.

use std::sync::Arc;

use crate::model::ids::{ProjectId, SessionId};
use crate::panes::PaneEvent;
use crate::services::{ServiceError, World, sessions};
use crate::store::sessions as rows;

use super::note::note;

/// Follows them in a task of its own, if nobody does; the task ends with the zellij session.
pub(super) fn watch(world: &Arc<World>, project: &ProjectId) {
    if !world.panes.begin_watch(project) {
        return;
    }
    let (world, project) = (world.clone(), project.clone());
    tokio::spawn(async move {
        if let Err(error) = follow(&world, &project).await {
            tracing::warn!(%project, %error, "failed to follow the panes");
        }
        world.panes.end_watch(&project);
    });
}

async fn follow(world: &World, project: &ProjectId) -> Result<(), ServiceError> {
    let panes = world.panes.of(project)?;
    let mut events = panes.watch().await?;
    while let Some(event) = events.next().await {
        match event {
            PaneEvent::PaneClosed(id) => closed(world, &id).await?,
            PaneEvent::Gone => all_closed(world, project).await?,
        }
    }
    Ok(())
}

async fn closed(world: &World, id: &SessionId) -> Result<(), ServiceError> {
    match sessions::load(world, id.as_str()).await {
        Ok(session) => note(world, &session, "closed").await,
        Err(ServiceError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn all_closed(world: &World, project: &ProjectId) -> Result<(), ServiceError> {
    let id = project.to_string();
    let alive = world.store.read(move |db| rows::list(db, Some(&id), false)).await?;
    for session in alive {
        note(world, &session, "closed").await?;
    }
    Ok(())
}
