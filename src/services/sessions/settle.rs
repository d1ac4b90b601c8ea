//! A session's agent has ended by itself: what follows from that.

use std::sync::Arc;

use crate::host::{Exit, ExitRecord};
use crate::model::ids::{Generation, SessionId};
use crate::model::session::{
    self as model, ActivityFact, ActivitySource, AfterExit, EndReason, HostTrace, Phase,
    PhaseEvent, Traces, after_exit, end_of,
};
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
    let is_over = matches!(session.phase, Phase::Ended { .. } | Phase::Preparing { .. });
    if session.generation != generation || is_over {
        return Ok(());
    }
    let exit = known_exit(world, &session, exit)?;
    let Some(reason) = reason(&session, exit.as_ref())? else {
        // The host's connection may be lost while its process is there.
        world.reaper.wake();
        return Ok(());
    };
    super::end_tree(world, &session).await?;
    match exit.map_or(AfterExit::Over, |exit| next(world, &session, &exit)) {
        AfterExit::Over => over(world, id, reason).await,
        AfterExit::Loop => over(world, id, EndReason::CrashLoop).await,
        AfterExit::Again(pause) => {
            super::restart::await_restart(world, &session, reason, pause).await
        }
    }
}

/// In a lane of its own accord: the agent of a live session has gone, and its host, which is there,
/// says nothing of it. Nothing happens when that is no longer so.
pub(in crate::services) async fn settle_unheard(
    world: &Arc<World>,
    id: &SessionId,
    generation: Generation,
) -> Result<(), ServiceError> {
    let (shared, id) = (world.clone(), id.clone());
    let lane = super::lane(&id);
    let work = async move {
        let session = super::load(&shared, id.as_str()).await?;
        let live = session.generation == generation && matches!(session.phase, Phase::Live);
        let gone = |processes| super::evidence::signs(processes).agent == Evidence::Gone;
        if !live || !session.processes.as_ref().is_some_and(gone) {
            return Ok(());
        }
        super::end_tree(&shared, &session).await?;
        over(&shared, &id, EndReason::HostLost).await
    };
    world.lanes.run(&lane, work).await?
}

/// Settles the session in a task of its own, if there is anything to settle.
pub(in crate::services) fn look_again(world: &Arc<World>, id: &SessionId, generation: Generation) {
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        let (shared, session) = (world.clone(), id.clone());
        let work = async move { settle(&shared, &session, generation, None).await };
        let done = world.lanes.run(&super::lane(&id), work).await;
        if let Err(error) = done.map_err(ServiceError::from).and_then(|done| done) {
            tracing::warn!(session = %id, %error, "failed to settle an end");
        }
    });
}

async fn over(world: &Arc<World>, id: &SessionId, reason: EndReason) -> Result<(), ServiceError> {
    super::one_shot::harvest(world, id).await?;
    let origin = Origin { request_id: None, now: world.now() };
    change_phase(world, origin, id, PhaseEvent::Gone(reason)).await?;
    panes::close_later(world, id);
    Ok(())
}

/// Whether an agent that ended is launched again.
fn next(world: &World, session: &Session, exit: &Exit) -> AfterExit {
    if !matches!(session.phase, Phase::Live) || session.one_shot.is_some() {
        // Its end had been decided, or it was to end.
        return AfterExit::Over;
    }
    let by_hook = |fact: &ActivityFact| fact.source == ActivitySource::Hook;
    after_exit(model::Exit {
        code: exit_code(exit),
        at: exit.at,
        starts: &session.starts,
        was_heard: session.activity.as_ref().is_some_and(by_hook) || session.report.is_some(),
        any_command: session.agent == super::choice::COMMAND,
        kind: session.kind,
        attempts: world.settings.upkeep.restart_attempts,
    })
}

/// The host's word, or the record that it left.
fn known_exit(
    world: &World,
    session: &Session,
    told: Option<Exit>,
) -> Result<Option<Exit>, ServiceError> {
    if told.is_some() {
        return Ok(told);
    }
    let dir = world.paths.generation_dir(&session.id, session.generation);
    let record = ExitRecord::read(&dir)?;
    Ok(record.filter(|record| record.generation == session.generation).map(|record| record.exit))
}

/// Gathers the evidence and asks the law.
fn reason(session: &Session, exit: Option<&Exit>) -> Result<Option<EndReason>, ServiceError> {
    let host = match &session.processes {
        None => HostTrace::NeverRecorded,
        Some(processes) if processes.boot_id != crate::process::boot_id()? => HostTrace::OtherBoot,
        Some(processes) if processes.host.is_alive() == Evidence::Gone => HostTrace::Gone,
        Some(_) => HostTrace::NotProvenGone,
    };
    Ok(end_of(Traces { exit: exit.map(exit_code), host }))
}

/// A signal counts as a shell counts it.
pub(super) fn exit_code(exit: &Exit) -> i32 {
    exit.code.or(exit.signal.map(|signal| 128 + signal)).unwrap_or(-1)
}
