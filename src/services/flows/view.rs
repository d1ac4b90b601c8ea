//! How a run looks on the wire.

use serde_json::json;

use super::options::Options;
use super::process::held_name;
use crate::model::flow::{Flow, RunState, StepState, read};
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::store::flows::{self as rows, Run, Step};
use crate::wire::flow::{BudgetView, RunAnswer, RunView, StepView, WaitingItem};
use crate::wire::time::rfc3339;

/// The run `id` with its steps.
pub async fn show(world: &World, request: &Request, id: &str) -> Result<RunAnswer, ServiceError> {
    super::load(world, request, Verb::ReadStatus, id).await?;
    answer(world, id).await
}

pub(super) async fn answer(world: &World, id: &str) -> Result<RunAnswer, ServiceError> {
    let wanted = id.to_owned();
    let read =
        world.store.read(move |db| Ok((rows::find(db, &wanted)?, rows::steps(db, &wanted)?)));
    let (run, steps) = read.await?;
    let run = run.ok_or_else(|| ServiceError::NotFound { what: "flow run", id: id.to_owned() })?;
    Ok(RunAnswer { run: view(world, &run, Some(&steps)) })
}

/// The run, with its steps where they are given.
pub(super) fn view(world: &World, run: &Run, steps: Option<&[Step]>) -> RunView {
    let options: Options = serde_json::from_str(&run.options).unwrap_or_default();
    // It was read when the run was accepted.
    let flow = read(&run.text).ok();
    let steps = steps.zip(flow).map(|(steps, flow)| {
        steps.iter().map(|step| step_view(world, run, &flow, step)).collect::<Vec<_>>()
    });
    RunView {
        run_id: run.id.clone(),
        project: run.project.clone(),
        flow: run.name.clone(),
        file: run.file.clone(),
        state: run.state.as_str().to_owned(),
        reason: run.reason.clone(),
        started_by: run.started_by.clone(),
        created_at: rfc3339(run.created_at),
        finished_at: run.finished_at.map(rfc3339),
        duration_ms: run.finished_at.unwrap_or_else(|| world.now()).since(run.created_at),
        budget: BudgetView {
            agents: run.spent.agents,
            tokens: run.spent.tokens,
            money: run.spent.money,
            limits: json!(options.budget),
        },
        steps,
    }
}

fn step_view(world: &World, run: &Run, flow: &Flow, step: &Step) -> StepView {
    let declared = flow.steps.get(step.idx as usize);
    let in_hand = step.state == StepState::Running;
    let waits_for = in_hand.then(|| waits_for(world, &run.id, step)).flatten();
    let state = if waits_for.is_some() { "queued" } else { step.state.as_str() };
    let items = if in_hand { waiting_items(world, &run.id, step) } else { Vec::new() };
    let waits = step.state == StepState::Pending && !run.state.is_over();
    let is_later = waits && run.state != RunState::Paused && step.not_before > world.now();
    StepView {
        id: step.step.clone(),
        kind: declared.map_or_else(String::new, |step| step.kind.as_str().to_owned()),
        label: declared.and_then(|step| step.label.clone()),
        depends_on: declared.map(|step| step.depends_on.clone()).unwrap_or_default(),
        state: state.to_owned(),
        waits_for,
        waiting_items: items,
        attempt: step.attempt,
        not_before: is_later.then(|| rfc3339(step.not_before)),
        result: step.result.as_ref().map(|(sha256, _)| sha256.clone()),
        bytes: step.result.as_ref().map(|(_, bytes)| *bytes),
        preview: step.preview.clone(),
        error: step.error.clone(),
        note: step.note.clone(),
        duration_ms: step
            .started_at
            .map(|at| step.finished_at.unwrap_or_else(|| world.now()).since(at)),
    }
}

/// Why a step that is in hand does not go on: it waits at a breaker.
fn waits_for(world: &World, run: &str, step: &Step) -> Option<String> {
    world.breakers.held(&held_name(run, &step.step, None))
}

/// Its items that wait at a breaker; others of them may be at work.
fn waiting_items(world: &World, run: &str, step: &Step) -> Vec<WaitingItem> {
    let below = world.breakers.held_below(&format!("{}[", held_name(run, &step.step, None)));
    let item = |(rest, waits_for): (String, String)| {
        Some(WaitingItem { item: rest.strip_suffix(']')?.parse().ok()?, waits_for })
    };
    let mut items: Vec<WaitingItem> = below.into_iter().filter_map(item).collect();
    items.sort_by_key(|one| one.item);
    items
}
