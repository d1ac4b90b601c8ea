//! Brings a removed worktree back, with the work that was preserved.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::rights::Verb;
use crate::model::work::{Removal, RemovalState};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::projects::Project;
use crate::store::sessions::Session;
use crate::wire::clean::{RestoreWork, RestoreWorkAnswer};
use crate::workspace::{self, Slot};

use super::clean::{finish, note, preserved_folder};
use super::prepare::blocking;

/// What was brought back.
#[derive(Debug, Default)]
pub(super) struct Back {
    pub(super) slot: Option<String>,
    pub(super) notices: Vec<String>,
}

/// Brings it back. Where the worktree was never removed, nothing is done.
pub async fn restore_work(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    restore: RestoreWork,
) -> Result<RestoreWorkAnswer, ServiceError> {
    let session = super::load(world, id).await?;
    request.allow(world, Verb::Administer, session.target()).await?;
    let lane = super::lane(&session.id);
    let (shared, asked, id) = (world.clone(), request.clone(), session.id.clone());
    let work = async move { in_lane(&shared, &asked, &id, restore.slot).await };
    let back = world.lanes.run(&lane, work).await??;
    let session = super::view_of(world, session.id.as_str()).await?;
    Ok(RestoreWorkAnswer { session, slot: back.slot, notices: back.notices })
}

async fn in_lane(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    slot: Option<String>,
) -> Result<Back, ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let project = projects::load(world, session.project.as_str()).await?;
    bring_back(world, request, &project, &session, slot).await
}

/// In the session's lane: a removal that was cut off is finished first, one that is complete is
/// taken back.
pub(super) async fn bring_back(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
    slot: Option<String>,
) -> Result<Back, ServiceError> {
    finish(world, request, project, session).await?;
    let session = super::load(world, session.id.as_str()).await?;
    let folder = preserved_folder(world, &session.id);
    let removed = session.removal.as_ref();
    let Some(name) = slot.or_else(|| removed.and_then(|removal| removal.slot.clone())) else {
        return match removed {
            Some(removal) => again(world, request, &session, project, removal).await,
            None => Ok(Back::default()),
        };
    };
    let slot = Slot { folder: folder.join(&name), name };
    let spec = super::known_spec(project, &session);
    let was_restored = {
        let (spec, slot) = (spec.clone(), slot.clone());
        blocking(move || workspace::was_restored(&spec, &slot)).await?
    };
    if was_restored && removed.is_some_and(|r| r.state == RemovalState::Restoring) {
        // Cut off after the last step.
        note(world, request, &session.id, None).await?;
        return Ok(Back { slot: Some(slot.name), notices: Vec::new() });
    }
    restore(world, request, &session, project, slot).await
}

async fn restore(
    world: &Arc<World>,
    request: &Request,
    session: &Session,
    project: &Project,
    slot: Slot,
) -> Result<Back, ServiceError> {
    let intent = Removal {
        state: RemovalState::Restoring,
        at: world.now(),
        slot: Some(slot.name.clone()),
        tip: session.removal.as_ref().and_then(|removal| removal.tip.clone()),
    };
    note(world, request, &session.id, Some(&intent)).await?;
    let spec = super::known_spec(project, session);
    let restored = workspace::restore(&world.git, &world.repositories, &spec, &slot).await;
    let done = match restored {
        Ok(done) => done,
        Err(error) => {
            // Still preserved; what it was before the attempt.
            note(world, request, &session.id, session.removal.as_ref()).await?;
            return Err(error.into());
        }
    };
    note(world, request, &session.id, None).await?;
    Ok(Back { slot: Some(slot.name), notices: done.notices })
}

/// There was nothing to preserve: a fresh checkout of the branch is what there was.
async fn again(
    world: &Arc<World>,
    request: &Request,
    session: &Session,
    project: &Project,
    removal: &Removal,
) -> Result<Back, ServiceError> {
    let intent = Removal { state: RemovalState::Restoring, at: world.now(), ..removal.clone() };
    note(world, request, &session.id, Some(&intent)).await?;
    let spec = super::known_spec(project, session);
    if let Some(tip) = &removal.tip {
        workspace::revive_branch(&world.git, &world.repositories, &spec, tip).await?;
    }
    workspace::reattach(&world.git, &world.repositories, &spec).await?;
    // An agent has worked on this branch: from here on the worktree is not undone.
    blocking(move || workspace::seal(&spec)).await?;
    note(world, request, &session.id, None).await?;
    Ok(Back::default())
}
