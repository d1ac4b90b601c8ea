//! Stop, pause and resume.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::driver;
use super::registry::Order;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::Origin;
use crate::store::workflows::{self as rows, Run};
use crate::wire::workflow::{RunAnswer, Stop};

/// Ends the run `id`, or one agent of it; returns when that is done.
pub async fn stop(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    stop: Stop,
) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Spawn, id).await?;
    let agent = match &stop.agent {
        Some(agent) => Some(seq_of(world, id, agent).await?),
        None => None,
    };
    if run.state.is_over() {
        let reason = run.state.as_str().to_owned();
        return Err(ServiceError::Ended { id: run.id, reason });
    }
    end(world, run, agent).await?;
    super::view::answer(world, id).await
}

async fn end(world: &Arc<World>, run: Run, agent: Option<u64>) -> Result<(), ServiceError> {
    let (done, ended) = oneshot::channel();
    if world.workflows.tell(&run.id, Order::Stop { agent, done }) {
        // An error means that the run was over first.
        let _ = ended.await;
        return Ok(());
    }
    if agent.is_some() { Ok(()) } else { driver::finish_stop(world, run).await }
}

/// Ends every run: for an end of the supervisor that takes its sessions along.
pub async fn stop_all(world: &Arc<World>) -> Result<(), ServiceError> {
    for run in world.store.read(rows::by_state).await? {
        end(world, run, None).await?;
    }
    Ok(())
}

/// The agent's number, from its number or its label.
async fn seq_of(world: &World, id: &str, agent: &str) -> Result<u64, ServiceError> {
    let run = id.to_owned();
    let ops = world.store.read(move |db| rows::ops(db, &run)).await?;
    let wanted: Option<u64> = agent.parse().ok();
    let is_it = |op: &&rows::Op| Some(op.seq) == wanted || op.label.as_deref() == Some(agent);
    let found = ops.iter().filter(|op| op.kind == "agent").find(is_it);
    let missing = || ServiceError::NotFound { what: "agent", id: agent.to_owned() };
    found.map(|op| op.seq).ok_or_else(missing)
}

/// The run starts no agent and gives the script nothing until it is resumed.
pub async fn pause(world: &World, request: &Request, id: &str) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Spawn, id).await?;
    still_open(&run)?;
    set_paused(world, request, id, true).await?;
    world.workflows.tell(id, Order::Pause);
    super::view::answer(world, id).await
}

/// The run goes on, also after its script's process was lost.
pub async fn resume(
    world: &Arc<World>,
    request: &Request,
    id: &str,
) -> Result<RunAnswer, ServiceError> {
    let mut run = super::load(world, request, Verb::Spawn, id).await?;
    still_open(&run)?;
    set_paused(world, request, id, false).await?;
    run.paused = false;
    let (done, resumed) = oneshot::channel();
    if world.workflows.tell(id, Order::Resume { done }) {
        // An error means that the run was over first, or is interrupted again: its state says so.
        let _ = resumed.await;
    } else {
        driver::drive(world, run).await?;
    }
    super::view::answer(world, id).await
}

fn still_open(run: &Run) -> Result<(), ServiceError> {
    if run.state.is_over() {
        let reason = run.state.as_str().to_owned();
        return Err(ServiceError::Ended { id: run.id.clone(), reason });
    }
    Ok(())
}

async fn set_paused(
    world: &World,
    request: &Request,
    id: &str,
    paused: bool,
) -> Result<(), ServiceError> {
    let origin: Origin = request.origin(world.now());
    let id = id.to_owned();
    Ok(world.store.write(origin, move |change| rows::set_paused(change, &id, paused)).await?)
}
