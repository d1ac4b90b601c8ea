//! Ends a session: its whole process tree, seen to be empty. The worktree stays.

use std::sync::Arc;
use std::time::Duration;

use crate::model::ids::SessionId;
use crate::model::rights::Verb;
use crate::model::session::{EndReason, Phase, PhaseEvent};
use crate::process::{self, Evidence, ProcessId};
use crate::services::{Request, ServiceError, World, panes};
use crate::store::sessions::Session;
use crate::wire::session::{Kill, SessionAnswer};

use super::phase::change_phase;

/// Between SIGTERM and SIGKILL, when the caller does not say.
pub const GRACE: Duration = Duration::from_secs(5);
/// Longest grace that a caller may ask for.
const MOST_GRACE: Duration = Duration::from_secs(120);
/// After SIGKILL, until whatever is left is called unkillable.
const LIMIT: Duration = Duration::from_secs(10);

/// Ends the session; one that is over already is left as it is.
pub async fn kill(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    kill: Kill,
) -> Result<SessionAnswer, ServiceError> {
    let session = super::load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::Manage, target).await?;
    let grace = kill.grace_s.map_or(GRACE, Duration::from_secs).min(MOST_GRACE);
    let reason = EndReason::Killed { by: request.ender() };
    let (shared, asked, id) = (world.clone(), request.clone(), session.id.clone());
    // What is long in its lane gives way.
    let interrupted = world.interrupts.ring(&session.id);
    let ended = reason.clone();
    let done = world
        .lanes
        .run(
            &super::lane(&id.clone()),
            async move { end(&shared, &asked, &id, reason, grace).await },
        )
        .await?;
    match done {
        // Interrupted before it came to life, it was undone, and nothing is left of it.
        Err(ServiceError::NotFound { .. }) if interrupted => {
            let phase = Phase::Ended { reason: ended };
            let gone = Session { phase, ended_at: Some(world.now()), ..session };
            Ok(SessionAnswer { session: super::view(world, gone).await? })
        }
        Err(error) => Err(error),
        Ok(()) => Ok(SessionAnswer { session: super::view_of(world, session.id.as_str()).await? }),
    }
}

/// In the session's lane: decides its end, ends its processes, sees them gone, says so.
pub(in crate::services) async fn end(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    reason: EndReason,
    grace: Duration,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    if session.phase.is_over() {
        return Ok(());
    }
    let event = PhaseEvent::End(reason.clone());
    change_phase(world, request.origin(world.now()), id, event).await?;
    end_tree_within(world, &session, grace).await?;
    change_phase(world, request.origin(world.now()), id, PhaseEvent::Gone(reason)).await?;
    super::queue::forget_order(world, id);
    panes::close_later(world, id);
    Ok(())
}

/// Ends whatever is left of the session's current generation.
pub async fn end_tree(world: &World, session: &Session) -> Result<(), ServiceError> {
    end_tree_within(world, session, GRACE).await
}

/// The host ends what it started; what it leaves, or a host that does not answer, is found by the
/// session, generation and data directory in its environment, and ended by pidfd.
async fn end_tree_within(
    world: &World,
    session: &Session,
    grace: Duration,
) -> Result<(), ServiceError> {
    if let Ok(client) = world.hosts.client(world, session).await
        && let Err(error) = client.kill(grace).await
    {
        tracing::warn!(session = %session.id, %error, "the host did not end its tree itself");
    }
    world.hosts.forget(&session.id);
    let host = session.processes.as_ref().map(|p| p.host);
    let (id, generation) = (session.id.to_string(), session.generation.to_string());
    let data = world.paths.data().display().to_string();
    let find = move || left(host, &id, &generation, &data);
    let ended = process::end(find, grace, LIMIT).await?;
    if ended.left.is_empty() {
        return Ok(());
    }
    Err(ServiceError::NotEnded { id: session.id.to_string(), count: ended.left.len() })
}

/// The host, and every process that carries the generation's marks. `AO_GENERATION` and the data
/// directory keep another installation's session of the same name out of it.
fn left(
    host: Option<ProcessId>,
    id: &str,
    generation: &str,
    data: &str,
) -> Result<Vec<ProcessId>, process::ProcessError> {
    let marks = [("AO_SESSION_ID", id), ("AO_GENERATION", generation), ("AO_DATA_DIR", data)];
    let mut found = process::find_by_environ(&marks)?.found;
    found.extend(host.filter(|host| host.is_alive() == Evidence::Alive));
    found.dedup();
    Ok(found)
}
