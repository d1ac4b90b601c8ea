//! What came of a run, or of one of its steps: whole, byte for byte.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::flow::{RunState, StepResult, StepState, read};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, artifacts};
use crate::store::flows::{self as rows, Step};
use crate::wire::flow::ResultQuery;

/// The result of the step, or, where none is named, of the steps that nothing depends on: of one as
/// it is, of several as one JSON object.
pub async fn result(
    world: &World,
    request: &Request,
    id: &str,
    query: ResultQuery,
) -> Result<Vec<u8>, ServiceError> {
    let run = super::load(world, request, Verb::ReadOutput, id).await?;
    let wanted = id.to_owned();
    if let Some(step) = query.step {
        let found = world.store.read(move |db| rows::step(db, &wanted, &step)).await?;
        return of_step(world, id, &found).await;
    }
    if !matches!(run.state, RunState::Completed | RunState::Failed | RunState::Cancelled) {
        return Err(ServiceError::NotFinished { id: run.id, state: run.state.as_str() });
    }
    let steps = world.store.read(move |db| rows::steps(db, &wanted)).await?;
    let ends = ends(&run.text);
    let ends: Vec<Step> = steps.into_iter().filter(|step| ends.contains(&step.step)).collect();
    match ends.as_slice() {
        [one] => of_step(world, id, one).await,
        several => together(world, several).await,
    }
}

async fn of_step(world: &World, run: &str, step: &Step) -> Result<Vec<u8>, ServiceError> {
    if let Some((sha256, _)) = &step.result {
        return artifacts::read(world, sha256.clone()).await;
    }
    let (id, state) = (format!("{run} {}", step.step), step.state.as_str());
    match step.state {
        StepState::Pending | StepState::Running | StepState::WaitingGate => {
            Err(ServiceError::NotFinished { id, state })
        }
        _ => Err(ServiceError::NoResult { id, state, reason: step.error.clone() }),
    }
}

/// The steps that nothing depends on.
fn ends(text: &str) -> BTreeSet<String> {
    let Ok(flow) = read(text) else { return BTreeSet::new() };
    let used: BTreeSet<&String> = flow.steps.iter().flat_map(|step| &step.depends_on).collect();
    let is_end = |id: &&String| !used.contains(*id);
    flow.steps.iter().map(|step| &step.id).filter(is_end).cloned().collect()
}

async fn together(world: &World, steps: &[Step]) -> Result<Vec<u8>, ServiceError> {
    let mut fields = Map::new();
    for step in steps {
        let value = match &step.result {
            Some((sha256, _)) => {
                let bytes = artifacts::read(world, sha256.clone()).await?;
                StepResult::of_text(String::from_utf8_lossy(&bytes)).value()
            }
            None => Value::Null,
        };
        fields.insert(step.step.clone(), value);
    }
    Ok(Value::Object(fields).to_string().into_bytes())
}
