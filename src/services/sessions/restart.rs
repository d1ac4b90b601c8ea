//! Launches an agent again that failed to start. What waits for it stays.

use std::sync::Arc;
use std::time::Duration;

use crate::model::ids::{Generation, SessionId};
use crate::model::session::{EndReason, Phase, Step};
use crate::services::{Request, ServiceError, World, agents, messages, projects};
use crate::store::Origin;
use crate::store::sessions::{self as rows, Session};
use crate::wire::session::AgentChoice;

use super::choice::{Chosen, choose};
use super::environment::Surroundings;
use super::launch::{Conversation, Launching};

/// For a launch that an earlier supervisor was to repeat.
pub(super) const AT_START: Duration = Duration::from_secs(1);

/// In the session's lane: journals that the generation is over and that another follows.
pub(super) async fn await_restart(
    world: &Arc<World>,
    session: &Session,
    reason: EndReason,
    pause: Duration,
) -> Result<(), ServiceError> {
    let receipts = agents::speaks_by_hooks(&world.catalog(), session);
    let origin = Origin { request_id: None, now: world.now() };
    let id = session.id.clone();
    world
        .store
        .write(origin, move |change| {
            let before = rows::await_restart(change, &id, reason, pause.as_secs())?;
            messages::end_generation(change, &before, receipts)
        })
        .await?;
    later(world, &session.id, session.generation, pause);
    Ok(())
}

/// Launches the session again after `pause`, unless it was ended or launched meanwhile.
pub(super) fn later(world: &Arc<World>, id: &SessionId, generation: Generation, pause: Duration) {
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        let (shared, session) = (world.clone(), id.clone());
        let work = async move { again(&shared, &session, generation).await };
        let done = world.lanes.run(&super::lane(&id), work).await;
        if let Err(error) = done.map_err(ServiceError::from).and_then(|done| done) {
            tracing::warn!(session = %id, %error, "failed to launch an agent again");
        }
    });
}

async fn again(
    world: &Arc<World>,
    id: &SessionId,
    generation: Generation,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let waits = session.phase == Phase::Preparing { step: Step::Restart };
    if !waits || session.generation != generation {
        return Ok(());
    }
    let request = Request::of_supervisor();
    let launched = launch(world, &request, &session).await;
    if let Err(error) = &launched {
        super::fail(world, &request, id, error).await?;
    }
    launched
}

async fn launch(
    world: &Arc<World>,
    request: &Request,
    session: &Session,
) -> Result<(), ServiceError> {
    let project = projects::load(world, session.project.as_str()).await?;
    world.reload_catalog();
    let surroundings = Surroundings::default().or_last_launch(world, session);
    let before = serde_json::from_str::<Chosen>(&session.choice).ok();
    let path = surroundings.path(world).to_owned();
    let chosen = choose(world, &AgentChoice::default(), before.as_ref(), &project, &path)?;
    super::revive_worktree(world, request, &project, session, &surroundings).await?;
    // An agent that has never lived has no conversation to go on with.
    let lived = usize::try_from(session.generation.0).is_ok_and(|n| n > session.starts.len());
    let conversation = if lived { Conversation::Resume } else { Conversation::New };
    let launching =
        Launching { repeats: true, ..Launching::new(&chosen, surroundings, conversation) };
    super::launch(world, request, &project, &session.id, launching).await?;
    Ok(())
}
