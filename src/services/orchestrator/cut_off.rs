//! At start: relaunches that an earlier supervisor did not bring to an end are gone on with, for the
//! old one may be gone already and mail waits for the new one.

use std::sync::Arc;

use crate::services::sessions::{self, Surroundings};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::sessions::{Session, relaunching};
use crate::wire::orchestrator::EnsureOrchestrator;

use super::ensure::Order;
use super::relaunch::{Mode, relaunch};

/// Goes on with each in its session's lane, in tasks of their own: nobody waits for them.
pub async fn finish_cut_off(world: &Arc<World>, request: &Request) -> Result<(), ServiceError> {
    for session in world.store.read(relaunching).await? {
        let (world, request) = (world.clone(), request.clone());
        tokio::spawn(async move {
            let id = session.id.clone();
            if let Err(error) = go_on(&world, &request, session).await {
                tracing::error!(session = %id, %error, "failed to go on with a relaunch");
            }
        });
    }
    Ok(())
}

async fn go_on(
    world: &Arc<World>,
    request: &Request,
    session: Session,
) -> Result<(), ServiceError> {
    let lane = sessions::lane(&session.id);
    let (shared, request) = (world.clone(), request.clone());
    let work = async move {
        let session = sessions::load(&shared, session.id.as_str()).await?;
        // Somebody may have relaunched it meanwhile.
        let Some(mode) = session.relaunch.as_deref().map(Mode::kept) else { return Ok(()) };
        let project = projects::load(&shared, session.project.as_str()).await?;
        let order = Order {
            project,
            id: session.id.clone(),
            ensure: EnsureOrchestrator::default(),
            surroundings: Surroundings::default(),
        };
        relaunch(&shared, &request, &order, session, mode).await.map(drop)
    };
    world.lanes.run(&lane, work).await?
}
