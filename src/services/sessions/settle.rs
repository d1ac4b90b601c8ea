//! A session's agent has ended by itself: what follows from that.

use std::sync::Arc;

use crate::host::{Exit, ExitRecord};
use crate::model::ids::{Generation, SessionId};
use crate::model::session::{EndReason, HostTrace, PhaseEvent, Traces, end_of};
use crate::process::Evidence;
use crate::services::{ServiceError, World, panes};
use crate::store::Origin;
use crate::store::sessions::Session;

use super::phase::change_phase;

/// In the session's lane: ends what is left of the generation and journals why it is over. Nothing
/// happens when the session is over, another generation lives, or its host does.
pub async fn settle(
    world: &Arc<World>,
    id: &SessionId,
    generation: Generation,
    exit: Option<Exit>,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    if session.generation != generation || session.phase.is_over() {
        return Ok(());
    }
    let Some(reason) = reason(world, &session, exit)? else { return Ok(()) };
    super::end_tree(world, &session).await?;
    let origin = Origin { request_id: None, now: world.now() };
    change_phase(world, origin, id, PhaseEvent::Gone(reason)).await?;
    panes::close_later(world, id);
    Ok(())
}

/// Gathers the evidence (the host's word, the record it left, its process) and asks the law.
fn reason(
    world: &World,
    session: &Session,
    exit: Option<Exit>,
) -> Result<Option<EndReason>, ServiceError> {
    let dir = world.paths.generation_dir(&session.id, session.generation);
    let exit = match exit {
        Some(exit) => Some(exit),
        None => ExitRecord::read(&dir)?
            .filter(|record| record.generation == session.generation)
            .map(|record| record.exit),
    };
    let host = match &session.processes {
        None => HostTrace::NeverRecorded,
        Some(processes) if processes.boot_id != crate::process::boot_id()? => HostTrace::OtherBoot,
        Some(processes) if processes.host.is_alive() == Evidence::Gone => HostTrace::Gone,
        Some(_) => HostTrace::NotProvenGone,
    };
    Ok(end_of(Traces { exit: exit.as_ref().map(exit_code), host }))
}

/// A signal counts as a shell counts it.
fn exit_code(exit: &Exit) -> i32 {
    exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(-1)
}
