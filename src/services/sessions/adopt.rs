//! At start: each session that the records call alive is compared with the world, and adopted,
//! settled or undone. One that makes trouble does not stop the others.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::session::{Phase, PhaseEvent, Step, Takeover, takeover};
use crate::process::boot_id;
use crate::services::{Request, ServiceError, World, panes};
use crate::store::sessions::{Processes, Session};

use super::phase::change_phase;

/// Goes through every session that is not over.
pub async fn adopt(world: &Arc<World>, request: &Request) -> Result<(), ServiceError> {
    let alive = world.store.read(crate::store::sessions::alive).await?;
    world.readiness.begin(alive.len());
    let tasks: Vec<_> = alive
        .into_iter()
        .map(|session| {
            let (world, request) = (world.clone(), request.clone());
            tokio::spawn(async move {
                let id = session.id.clone();
                if let Err(error) = in_lane(&world, &request, session).await {
                    tracing::error!(session = %id, %error, "failed to adopt a session");
                }
                world.readiness.one_done();
            })
        })
        .collect();
    for task in tasks {
        // A panic in one has been logged by its task; the others go on.
        let _ = task.await;
    }
    Ok(())
}

async fn in_lane(
    world: &Arc<World>,
    request: &Request,
    session: Session,
) -> Result<(), ServiceError> {
    let (shared, request) = (world.clone(), request.clone());
    let lane = super::lane(&session.id);
    world.lanes.run(&lane, async move { one(&shared, &request, session).await }).await?
}

async fn one(world: &Arc<World>, request: &Request, session: Session) -> Result<(), ServiceError> {
    if session.waits.is_some() {
        // Its turn comes later.
        return Ok(());
    }
    let client = match &session.phase {
        Phase::Live | Phase::Starting => world.hosts.client(world, &session).await.ok(),
        _ => None,
    };
    match takeover(&session.phase, session.generation, client.is_some()) {
        Takeover::Leave => Ok(()),
        Takeover::Follow => {
            resume(world, &session);
            Ok(())
        }
        Takeover::Look => {
            super::settle(world, &session.id, session.generation, None).await?;
            let now = super::load(world, session.id.as_str()).await?;
            if !now.phase.is_over() {
                // Its host lives and does not answer: that is no end. The watch keeps trying.
                resume(world, &session);
            }
            Ok(())
        }
        Takeover::FinishEnd(reason) => {
            super::end_tree(world, &session).await?;
            let gone = PhaseEvent::Gone(reason);
            change_phase(world, request.origin(world.now()), &session.id, gone).await?;
            panes::close_later(world, &session.id);
            Ok(())
        }
        Takeover::Adopt => {
            let hello = client.as_ref().expect("it answers").hello();
            let processes = Processes { host: hello.host, agent: hello.agent, boot_id: boot_id()? };
            came_up(world, request, &session, processes).await
        }
        Takeover::Undo | Takeover::Fail if super::queue::back_in_line(world, &session).await? => {
            Ok(())
        }
        Takeover::Restart => {
            let pause = super::restart::AT_START;
            super::restart::later(world, &session.id, session.generation, pause);
            Ok(())
        }
        Takeover::Undo => super::undo(world, request, &session.id, &cut_off(&session)).await,
        Takeover::Fail => fail(world, request, &session.id, &cut_off(&session)).await,
    }
}

fn resume(world: &Arc<World>, session: &Session) {
    super::watch(world, &session.id, session.generation);
    panes::open_later(world, &session.id);
    world.dispatch.wake(world, &session.id);
}

/// Records the agent that an earlier supervisor has started and not seen.
async fn came_up(
    world: &Arc<World>,
    request: &Request,
    session: &Session,
    processes: Processes,
) -> Result<(), ServiceError> {
    let (origin, generation) = (request.origin(world.now()), session.generation);
    super::launch::record_live(world, origin, &session.id, generation, processes).await?;
    resume(world, session);
    Ok(())
}

/// What went wrong with a launch that an earlier supervisor did not finish.
fn cut_off(session: &Session) -> ServiceError {
    let step = match &session.phase {
        Phase::Preparing { step } => *step,
        Phase::Starting => Step::Host,
        _ => Step::Worktree,
    };
    let error = Box::new(crate::services::lanes::CutOff.into());
    ServiceError::Launch { step: step.as_str(), error }
}

/// The session stays, over, with what went wrong.
pub(in crate::services) async fn fail(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    error: &ServiceError,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    super::end_tree(world, &session).await?;
    let step = match error {
        ServiceError::Launch { step, .. } => super::prepare::named(step),
        _ => Step::Plan,
    };
    let reason = crate::model::session::EndReason::Failed { step, error: error.to_string() };
    change_phase(world, request.origin(world.now()), id, PhaseEvent::Gone(reason)).await?;
    Ok(())
}
