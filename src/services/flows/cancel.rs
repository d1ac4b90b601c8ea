//! Ends a run, with every process that works for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::driver;
use super::facts::Facts;
use super::process::end_process;
use super::registry::Order;
use crate::model::flow::RunState;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::flows::{self as rows, Run};
use crate::wire::flow::RunAnswer;

/// Ends the run `id`; returns once nothing of it is left.
pub async fn cancel(
    world: &Arc<World>,
    request: &Request,
    id: &str,
) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Spawn, id).await?;
    if run.state.is_over() {
        let reason = run.state.as_str().to_owned();
        return Err(ServiceError::Ended { id: run.id, reason });
    }
    end(world, run).await?;
    super::view::answer(world, id).await
}

/// Ends every run: for an end of the supervisor that takes its sessions along.
pub async fn cancel_all(world: &Arc<World>) -> Result<(), ServiceError> {
    for run in world.store.read(rows::open).await? {
        end(world, run).await?;
    }
    Ok(())
}

async fn end(world: &Arc<World>, run: Run) -> Result<(), ServiceError> {
    let (done, ended) = oneshot::channel();
    if world.flows.tell(&run.id, Order::Cancel(done)).is_ok() {
        // An error means that the driver has gone first: its run is over.
        let _ = ended.await;
        return Ok(());
    }
    let id = run.id.clone();
    let state = RunState::Cancelling;
    let origin = crate::store::Origin { request_id: None, now: world.now() };
    world.store.write(origin, move |change| rows::set_state(change, &id, state)).await?;
    let run = super::row(world, &run.id).await?;
    driver::drive(world, &run).await?;
    super::wait::over(world, &run.id).await
}

/// Ends what works for the run.
pub(super) async fn end_processes(facts: &Facts) -> Result<(), ServiceError> {
    let run = facts.id.clone();
    let left = facts.world.store.read(move |db| rows::lost_work(db, &run)).await?;
    for intent in left {
        end_process(facts, &intent).await?;
    }
    Ok(())
}
