//! A session's agent has ended by itself: what follows from that.

use std::sync::Arc;

use crate::host::{Exit, ExitRecord};
use crate::model::ids::{Generation, SessionId};
use crate::model::session::{EndReason, PhaseEvent};
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

/// Why it is over, by the best evidence there is: the host's word, the record it left, its process.
/// Nothing when the evidence does not prove an end.
fn reason(
    world: &World,
    session: &Session,
    exit: Option<Exit>,
) -> Result<Option<EndReason>, ServiceError> {
    if let Some(exit) = exit {
        return Ok(Some(exited(&exit)));
    }
    let dir = world.paths.generation_dir(&session.id, session.generation);
    if let Some(record) = ExitRecord::read(&dir)?
        && record.generation == session.generation
    {
        return Ok(Some(exited(&record.exit)));
    }
    let Some(processes) = &session.processes else { return Ok(Some(EndReason::HostLost)) };
    if processes.boot_id != crate::process::boot_id()? {
        return Ok(Some(EndReason::Rebooted));
    }
    Ok((processes.host.is_alive() == Evidence::Gone).then_some(EndReason::HostLost))
}

/// A signal counts as a shell counts it.
fn exited(exit: &Exit) -> EndReason {
    let code = exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(-1);
    EndReason::Exited { code }
}
