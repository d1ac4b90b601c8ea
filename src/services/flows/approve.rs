//! A person lets a gate pass, or does not.

use std::sync::Arc;

use super::driver;
use super::inputs::artifact;
use super::registry::Order;
use crate::model::flow::{RunState, StepState};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::flows as rows;
use crate::wire::flow::{Approve, RunAnswer};

/// Largest word of a person in bytes.
const MAX_NOTE: usize = 64 * 1024;

/// Lets the gate pass; its result is what the person says.
pub async fn approve(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    asked: Approve,
) -> Result<RunAnswer, ServiceError> {
    let run = super::load(world, request, Verb::Administer, id).await?;
    let step = match asked.step {
        Some(step) => step,
        None => only_gate(world, id).await?,
    };
    if asked.note.as_ref().is_some_and(|note| note.len() > MAX_NOTE) {
        return Err(ServiceError::Usage(format!("a note has at most {MAX_NOTE} bytes")));
    }
    let said = asked.note.unwrap_or_else(|| {
        if asked.reject { "rejected".to_owned() } else { "approved".to_owned() }
    });
    let result = match asked.reject {
        true => None,
        false => Some(artifact(world, said.clone()).await?),
    };
    let (wanted, state) = (id.to_owned(), run.state);
    world
        .store
        .write(request.origin(world.now()), move |change| {
            rows::approve(change, &wanted, &step, result.as_ref(), &said)?;
            match state {
                RunState::WaitingGate => rows::set_state(change, &wanted, RunState::Running),
                _ => Ok(()),
            }
        })
        .await?;
    look_again(world, id).await?;
    super::view::answer(world, id).await
}

/// The run's driver looks at the rows; one that has none gets one.
pub(super) async fn look_again(world: &Arc<World>, id: &str) -> Result<(), ServiceError> {
    if world.flows.tell(id, Order::Look).is_ok() {
        return Ok(());
    }
    let run = super::row(world, id).await?;
    driver::drive(world, &run).await
}

async fn only_gate(world: &World, id: &str) -> Result<String, ServiceError> {
    let run = id.to_owned();
    let steps = world.store.read(move |db| rows::steps(db, &run)).await?;
    let mut gates = steps.into_iter().filter(|step| step.state == StepState::WaitingGate);
    match (gates.next(), gates.next()) {
        (Some(gate), None) => Ok(gate.step),
        (None, _) => Err(ServiceError::NotFound { what: "gate that waits in", id: id.to_owned() }),
        (Some(one), Some(other)) => Err(ServiceError::Usage(format!(
            "several gates of {id} wait, name one: {}, {} …",
            one.step, other.step
        ))),
    }
}
