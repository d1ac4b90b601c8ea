//! An agent with a name that does a step, in a session of its own: started once for each attempt,
//! waited for, its worktree taken away again where nothing was left in it.

use std::path::Path;

use super::facts::Facts;
use super::inputs::Inputs;
use super::options::TIMEOUT_MS;
use super::process::{Item, order};
use super::step::agent_of;
use crate::agents::oneshot::Ended;
use crate::model::flow::{Isolation, Step, StepScope};
use crate::services::{ServiceError, headless};
use crate::store::flows::Intent;
use crate::wire::session::{AgentChoice, OneShotSpawn, Spawn};

/// Longest label of a session in characters.
const LABEL: usize = 80;

/// What a session came to.
pub(super) struct Finished {
    pub(super) ended: Ended,
    /// Where its work was kept, for people.
    pub(super) kept: Option<String>,
}

/// The agent by name that does the step, if one does: a command of the run stands for all of them.
pub(super) fn agent_name(facts: &Facts, step: &Step) -> Option<String> {
    let agent = agent_of(step).filter(|_| facts.options.command.is_none())?;
    agent.agent.clone().or_else(|| facts.options.agent.clone())
}

/// Starts it, or finds what an earlier supervisor has started, and waits for what it comes to.
pub(super) async fn run(
    facts: &Facts,
    intent: &Intent,
    inputs: &Inputs,
    item: Option<Item<'_>>,
) -> Result<Finished, ServiceError> {
    let spawn = spawn(facts, intent, inputs, item)?;
    let id = match headless::start_once(&facts.world, &key(facts, intent), &spawn).await {
        Ok(id) => id,
        Err(error) => {
            let ended = Ended::nothing("not_started", error.to_string());
            return Ok(Finished { ended, kept: None });
        }
    };
    let ended = until_over(facts, &id).await?;
    let kept = match headless::is_isolated(&spawn) {
        true => headless::tidy(&facts.world, &id).await?.map(|(_, line)| line),
        false => None,
    };
    Ok(Finished { ended, kept })
}

/// Its end, or that of the run's time.
async fn until_over(facts: &Facts, id: &str) -> Result<Ended, ServiceError> {
    let over = headless::wait(&facts.world, id);
    let Some(end) = facts.budget().ends_at(facts.created_at) else { return over.await };
    let left = std::time::Duration::from_millis(end.since(facts.world.now()));
    if let Ok(ended) = tokio::time::timeout(left, over).await {
        return ended;
    }
    headless::cancel(&facts.world, id).await?;
    headless::wait(&facts.world, id).await?;
    Ok(Ended::nothing("run_time", "the run's time is over"))
}

/// Ends what was started for the intent, if something was.
pub(super) async fn end(facts: &Facts, intent: &Intent) -> Result<(), ServiceError> {
    let step = facts.step(intent.idx);
    let inputs = Inputs::of(facts, step).await?;
    let items = match &step.foreach {
        Some(foreach) => {
            let scope = StepScope { args: &facts.args, results: &inputs.results, item: None };
            scope.items(&foreach.over, foreach.limit).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let item = match intent.item {
        None => None,
        Some(number) => match items.get(number as usize) {
            Some(value) => Some(Item { number, value }),
            // It cannot have begun.
            None => return Ok(()),
        },
    };
    let spawn = spawn(facts, intent, &inputs, item)?;
    headless::cancel_once(&facts.world, &key(facts, intent), &spawn).await
}

/// The same for the same attempt, by whichever supervisor.
fn key(facts: &Facts, intent: &Intent) -> String {
    let item = intent.item.map_or_else(|| "-".to_owned(), |item| item.to_string());
    format!("flow {} {} {} {item}", facts.id, intent.idx, intent.attempt)
}

/// What is asked for; the same whenever it is asked.
fn spawn(
    facts: &Facts,
    intent: &Intent,
    inputs: &Inputs,
    item: Option<Item<'_>>,
) -> Result<Spawn, ServiceError> {
    let step = facts.step(intent.idx);
    let dir = facts.dir(intent.idx, intent.attempt, intent.item);
    let order = order(facts, step, &dir, inputs, item)?;
    let agent = agent_of(step);
    let name = agent_name(facts, step);
    let mut env = facts.options.env.clone();
    let path = env.remove("PATH");
    let capabilities = agent.and_then(|agent| agent.capabilities.as_deref());
    Ok(Spawn {
        project: facts.project.clone(),
        choice: AgentChoice {
            permission: headless::permission(&facts.world, name.as_deref(), capabilities),
            model: agent.and_then(|agent| agent.model.clone()),
            agent: name,
            command: None,
        },
        prompt: Some(order.prompt),
        label: Some(label(facts, step, intent)),
        deliver: Some("on_demand".to_owned()),
        path,
        env,
        queue: true,
        one_shot: Some(OneShotSpawn {
            folder: folder(agent.map(|agent| agent.isolation), &facts.root),
            schema: order.schema,
            max_tool_calls: order.max_tool_calls,
            // Not what is left of the run's time: that is another one each time it is asked.
            timeout_ms: Some(step.timeout_s.map_or(TIMEOUT_MS, |s| s.saturating_mul(1000))),
            max_result: order.max_result,
            ..OneShotSpawn::default()
        }),
        ..Spawn::default()
    })
}

fn folder(isolation: Option<Isolation>, root: &Path) -> Option<String> {
    (isolation == Some(Isolation::Shared)).then(|| root.display().to_string())
}

fn label(facts: &Facts, step: &Step, intent: &Intent) -> String {
    let item = intent.item.map_or_else(String::new, |item| format!("[{item}]"));
    format!("{} {}{item} of {}", facts.flow.name, step.id, facts.id).chars().take(LABEL).collect()
}
