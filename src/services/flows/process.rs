//! One process for a step, or for one item of it: an agent or a program. Waits for what it needs
//! (breaker, place, slot), puts the intent on record, and returns what came of it. Picked up by the
//! same way after a crash: what has begun is harvested, never begun again.

use std::collections::BTreeMap;
use std::path::Path;

use tokio::sync::mpsc;

use super::driver::Told;
use super::facts::Facts;
use super::inputs::{Inputs, Large, artifact};
use super::options::TIMEOUT_MS;
use super::session::{self, Finished};
use super::step::agent_of;
use crate::agents::oneshot::{self, Ended, Order, Verdict};
use crate::model::breaker::{Judgement, judge_failure};
use crate::model::flow::{Kind, Step, StepScope};
use crate::services::breakers::{Breakers, Key, NeedsLogin, Pass};
use crate::services::{ServiceError, sessions, usage};
use crate::store::Origin;
use crate::store::flows::{self as rows, Begun, Claim, Intent, WorkEnd};

/// Largest result in bytes as JSON, which may be longer than what it says; whether an artifact can
/// hold it is seen when it is kept.
const MAX_RESULT: u64 = 2 * crate::store::artifacts::LIMIT + 2;

/// What came of a process.
pub(super) enum Worked {
    /// A result, kept whole.
    Value { intent: Intent, end: WorkEnd, text: String },
    /// None.
    Failed { intent: Intent, end: WorkEnd },
    /// It was gone without a word after a start of the supervisor.
    Lost { intent: Intent, end: WorkEnd },
    /// It does not count, and is to be begun again.
    Back { work: Option<(Intent, WorkEnd)> },
    /// The same, and nothing further begins before a person says so.
    Pause { reason: String, work: Option<(Intent, WorkEnd)> },
}

/// An item of a step with `foreach`.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) number: u32,
    pub(super) value: &'a serde_json::Value,
}

/// Runs it, or picks it up.
pub(super) async fn run(
    facts: &Facts,
    claim: Claim,
    item: Option<Item<'_>>,
    inputs: &Inputs,
    teller: &mpsc::UnboundedSender<Told>,
) -> Result<Worked, ServiceError> {
    let step = facts.step(claim.idx);
    let agent = agent_of(step).map(|_| key(facts, step));
    let intent = Intent {
        idx: claim.idx,
        attempt: claim.attempt,
        item: item.map(|item| item.number),
        agent: agent.as_ref().map(ToString::to_string),
    };
    let (run, asked) = (facts.id.clone(), intent.clone());
    let adopted = facts.world.store.read(move |db| rows::is_begun(db, &run, &asked)).await?;
    let pass = match &agent {
        Some(key) if !adopted => match pass(facts, key, &intent, teller).await {
            Ok(pass) => Some(pass),
            Err(NeedsLogin(reason)) => return Ok(Worked::Pause { reason, work: None }),
        },
        _ => None,
    };
    // Closed never: it lives as long as the facts.
    let _place = if adopted { None } else { facts.places.acquire().await.ok() };
    let _slot = match (&agent, adopted) {
        (None, _) => None,
        (Some(_), true) => Some(facts.world.workflows.adopted_slot()),
        (Some(_), false) => facts.world.workflows.slot(&facts.id).await.ok(),
    };
    if let Begun::UsedUp(reason) = begin(facts, &intent).await? {
        return Ok(Worked::Pause { reason, work: None });
    }
    let Finished { ended, kept } = match session::agent_name(facts, step) {
        Some(_) => session::run(facts, &intent, inputs, item).await?,
        None => Finished { ended: alone(facts, step, &intent, inputs, item).await?, kept: None },
    };
    if is_crash(&ended) {
        // What it left running must not work on beside the next attempt.
        end_process(facts, &intent).await?;
    }
    let judgement = judge(&ended, facts);
    if let Some(pass) = pass {
        pass.judge(judgement).await?;
    }
    let mut worked = worked(facts, intent, ended, judgement, adopted).await?;
    if let Worked::Value { end, .. } = &mut worked {
        end.kept = kept;
    }
    Ok(worked)
}

/// A program, or the command that stands for every agent: one process in the repository itself.
async fn alone(
    facts: &Facts,
    step: &Step,
    intent: &Intent,
    inputs: &Inputs,
    item: Option<Item<'_>>,
) -> Result<Ended, ServiceError> {
    let dir = facts.dir(intent.idx, intent.attempt, intent.item);
    let order = order(facts, step, &dir, inputs, item)?;
    let ended = oneshot::run(&facts.world.ao, &dir, &order).await;
    Ok(ended.unwrap_or_else(|error| Ended::nothing("crash", error.to_string())))
}

/// What waits at the breaker gives its place to others, and says so.
async fn pass(
    facts: &Facts,
    key: &Key,
    intent: &Intent,
    teller: &mpsc::UnboundedSender<Told>,
) -> Result<Pass, NeedsLogin> {
    let who = held_name(&facts.id, &facts.step(intent.idx).id, intent.item);
    let mut hold = None;
    let passed = Breakers::pass(&facts.world, key, &who, |reason| {
        hold = Some(facts.hold());
        let _ = teller.send(Told::Held);
        note_held(facts, intent, reason);
    });
    passed.await
}

/// Under this a step that waits at a breaker is known there.
pub(super) fn held_name(run: &str, step: &str, item: Option<u32>) -> String {
    item.map_or_else(|| format!("{run} {step}"), |item| format!("{run} {step}[{item}]"))
}

/// An event, for whoever follows the run. It is not waited for: it says nothing that is not said
/// when the run is looked at.
fn note_held(facts: &Facts, intent: &Intent, reason: &str) {
    let data = serde_json::json!({
        "run": facts.id, "step": facts.step(intent.idx).id, "item": intent.item,
        "state": "queued", "reason": reason,
    });
    let (world, project) = (facts.world.clone(), facts.project.clone());
    tokio::spawn(async move {
        let origin = Origin { request_id: None, now: world.now() };
        let noted = world
            .store
            .write(origin, move |change| change.record("flow.step", Some(&project), None, &data));
        if let Err(error) = noted.await {
            tracing::warn!(%error, "failed to note that a step waits");
        }
    });
}

/// Whose breaker it passes.
fn key(facts: &Facts, step: &Step) -> Key {
    let agent = agent_of(step);
    let name = session::agent_name(facts, step).unwrap_or_else(|| "command".to_owned());
    Key { agent: name, model: agent.and_then(|agent| agent.model.clone()).unwrap_or_default() }
}

/// The intent, and the last look at the budget, in one transaction.
async fn begin(facts: &Facts, intent: &Intent) -> Result<Begun, ServiceError> {
    let (run, intent, budget) = (facts.id.clone(), intent.clone(), facts.budget());
    let origin = Origin { request_id: None, now: facts.world.now() };
    let begun =
        facts.world.store.write(origin, move |change| rows::begin(change, &run, &intent, &budget));
    Ok(begun.await?)
}

/// What the step's process is to do.
pub(super) fn order(
    facts: &Facts,
    step: &Step,
    dir: &Path,
    inputs: &Inputs,
    item: Option<Item<'_>>,
) -> Result<Order, ServiceError> {
    let idx = facts.number(&step.id).unwrap_or_default();
    let marks = facts.marks(idx, item.map(|item| item.number));
    let item = item.map(|item| (item.number as usize, item.value));
    let scope = StepScope { args: &facts.args, results: &inputs.results, item };
    let mut large = Large::in_dir(dir);
    let mut env: BTreeMap<String, String> = sessions::without_session(facts.options.env.clone());
    env.extend(marks.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let (timeout_ms, is_run_time) = time(facts, step);
    let mut order = Order {
        version: 1,
        cwd: facts.root.clone(),
        env,
        timeout_ms,
        is_run_time,
        max_result: Some(MAX_RESULT),
        ..Order::default()
    };
    if let Kind::Command(command) = &step.kind {
        order.is_data = true;
        let argv = command.argv.iter().map(|part| large.argument(&scope, part));
        order.argv = argv.collect::<Result<_, _>>()?;
        order.prompt = command.stdin.as_ref().map(|text| scope.fill(text)).unwrap_or_default();
        if let Some(program) = order.argv.first_mut().filter(|program| program.contains('/')) {
            *program = facts.root.join(&*program).display().to_string();
        }
        return Ok(order);
    }
    let Some(agent) = agent_of(step) else { return Ok(order) };
    order.prompt = large.prompt(&scope, &agent.prompt)?;
    if let Kind::Fold(fold) = &step.kind {
        for id in &fold.inputs {
            let input = inputs.fold_input(id);
            let text = input.text.unwrap_or_else(|why| format!("(no result: {why})"));
            order.prompt.push_str(&format!("\n\n## {id}\n\n{}", large.in_prompt(text)?));
        }
    }
    for (name, value) in [("AO_MODEL", &agent.model), ("AO_AGENT", &agent.agent)] {
        if let Some(value) = value {
            order.env.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(capabilities) = &agent.capabilities {
        order.env.insert("AO_CAPABILITIES".to_owned(), capabilities.join(","));
    }
    order.argv = facts.options.command.clone().unwrap_or_default();
    (order.schema, order.max_tool_calls) = (agent.schema.clone(), agent.max_tool_calls);
    Ok(order)
}

/// The step's own time in milliseconds, or what is left of the run's, and whether it is that.
fn time(facts: &Facts, step: &Step) -> (u64, bool) {
    let own = step.timeout_s.map_or(TIMEOUT_MS, |seconds| seconds.saturating_mul(1000));
    let end = facts.budget().ends_at(facts.created_at);
    match end.map(|at| at.since(facts.world.now()).max(1)) {
        Some(left) if left < own => (left, true),
        _ => (own, false),
    }
}

fn is_crash(ended: &Ended) -> bool {
    matches!(&ended.verdict, Verdict::Nothing { why, .. } if why == "crash")
}

fn judge(ended: &Ended, facts: &Facts) -> Judgement {
    match &ended.verdict {
        Verdict::Value { .. } | Verdict::Unfit { .. } => Judgement::Answered,
        Verdict::Nothing { why, message } => judge_failure(why, message, facts.world.now()),
    }
}

async fn worked(
    facts: &Facts,
    intent: Intent,
    ended: Ended,
    judgement: Judgement,
    adopted: bool,
) -> Result<Worked, ServiceError> {
    let asked = agent_of(facts.step(intent.idx)).and_then(|agent| agent.model.as_deref());
    // Prices that cannot be read are none: the run goes on.
    let money = usage::cost(&facts.world, &ended, asked).await.ok().flatten().unwrap_or(0.0);
    let (tokens, tool_calls) = (ended.output_tokens, ended.tool_calls);
    let mut end = WorkEnd { tokens, tool_calls, money, ..WorkEnd::default() };
    let (why, message) = match ended.verdict {
        Verdict::Value { json } => {
            let text = text_of(json);
            end.result = Some(artifact(&facts.world, text.clone()).await?);
            return Ok(Worked::Value { intent, end, text });
        }
        Verdict::Unfit { message } => ("schema".to_owned(), message),
        Verdict::Nothing { why, message } => (why, message),
    };
    end.error = Some(format!("{why}: {message}"));
    let is_agent = intent.agent.is_some();
    let time_over = facts.budget().over_time(facts.created_at, facts.world.now());
    match (judgement, time_over) {
        (_, Some(reason)) if why == "run_time" => {
            Ok(Worked::Pause { reason, work: Some((intent, end)) })
        }
        // Somebody has given it more meanwhile.
        (_, None) if why == "run_time" => Ok(Worked::Back { work: Some((intent, end)) }),
        (Judgement::NeedsLogin, _) if is_agent => {
            let reason =
                format!("{} needs login: {message}", intent.agent.as_deref().unwrap_or(""));
            Ok(Worked::Pause { reason, work: Some((intent, end)) })
        }
        // It waits at the breaker for its end.
        (Judgement::UsedUp(_), _) if is_agent => Ok(Worked::Back { work: Some((intent, end)) }),
        _ if adopted && why == "crash" => Ok(Worked::Lost { intent, end }),
        _ => Ok(Worked::Failed { intent, end }),
    }
}

/// A JSON text stands for itself.
fn text_of(json: String) -> String {
    serde_json::from_str::<String>(&json).unwrap_or(json)
}

/// Ends what a process is made of.
pub(super) async fn end_process(facts: &Facts, intent: &Intent) -> Result<(), ServiceError> {
    if session::agent_name(facts, facts.step(intent.idx)).is_some() {
        return session::end(facts, intent).await;
    }
    let marks = facts.marks(intent.idx, intent.item);
    let pairs: Vec<(&str, &str)> = marks.iter().map(|(n, value)| (*n, value.as_str())).collect();
    let dir = facts.dir(intent.idx, intent.attempt, intent.item);
    let ended = oneshot::end(&dir, &pairs).await;
    ended.map_err(|error| ServiceError::Flow(format!("failed to end a process: {error}")))
}
