//! Starts a run. Everything that can be refused is refused before there is a run.

use std::sync::Arc;

use super::driver;
use super::options::Options;
use crate::model::flow::{Flow, bind, read};
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects, secret, usage};
use crate::store::flows::{self as rows, New, NewStep};
use crate::store::idempotency;
use crate::wire::flow::{Launch, RunAnswer};

/// Largest flow, and largest arguments, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Checks, accepts and starts a run; returns once it is on record.
pub async fn launch(
    world: &Arc<World>,
    request: &Request,
    mut launch: Launch,
) -> Result<RunAnswer, ServiceError> {
    let project = projects::load(world, &launch.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Spawn, target).await?;
    if let Some(name) = launch.name.take() {
        let (file, text) = super::find::find(world, &project, &name).await?;
        (launch.file, launch.text) = (file.display().to_string(), text);
    }
    if launch.text.len() > MAX_BYTES {
        return Err(ServiceError::Usage(format!("the flow has over {MAX_BYTES} bytes")));
    }
    let flow = read(&launch.text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        ServiceError::Flow(lines.join("; "))
    })?;
    let bound =
        bind(&flow, &launch.args).map_err(|faults| ServiceError::Flow(faults.join("; ")))?;
    let args = serde_json::to_string(&bound).expect("JSON values are plain JSON");
    if args.len() > MAX_BYTES {
        return Err(ServiceError::Usage(format!("the arguments have over {MAX_BYTES} bytes")));
    }
    if flow.budget.money.is_some() {
        usage::check_priced(world).await?;
    }
    world.reload_catalog();
    let agent = project.agent.clone().unwrap_or_else(|| world.settings.agent.clone());
    agents_can_run(world, &flow, launch.command.as_deref(), &agent)?;
    super::trust::may_run(world, &project, &flow, &launch.text).await?;
    let new = New {
        id: format!("fl-{}", &secret::token()[..12].to_ascii_lowercase()),
        project: project.id.to_string(),
        name: flow.name.clone(),
        file: launch.file.clone(),
        args,
        options: options(world, &flow, &launch, agent),
        started_by: request.caller.name().to_owned(),
        steps: steps(&flow),
        text: launch.text,
    };
    let id = accept(world, request, new).await?;
    let run = super::row(world, &id).await?;
    driver::drive(world, &run).await?;
    super::view::answer(world, &id).await
}

/// Every agent step has somebody to do it: the command that stands for all of them, or an agent with
/// a name and a headless mode.
fn agents_can_run(
    world: &World,
    flow: &Flow,
    command: Option<&[String]>,
    agent: &str,
) -> Result<(), ServiceError> {
    if let Some(command) = command {
        let empty = command.first().is_none_or(String::is_empty);
        let error = || ServiceError::Usage("the command is empty".to_owned());
        return if empty { Err(error()) } else { Ok(()) };
    }
    let catalog = world.catalog();
    let able = |name: &str| catalog.get(name).is_ok_and(|manifest| manifest.headless.is_some());
    for step in &flow.steps {
        let Some(wanted) = super::step::agent_of(step) else { continue };
        let name = wanted.agent.as_deref().unwrap_or(agent);
        if able(name) {
            continue;
        }
        let why = if catalog.get(name).is_ok() { "has no headless mode" } else { "is not known" };
        let others = catalog.agents().map(|manifest| manifest.name.as_str());
        let others = others.filter(|name| able(name)).collect::<Vec<_>>().join(", ");
        return Err(ServiceError::Flow(format!(
            "step {:?} is done by the agent {name}, which {why}; name one of {others} in the step, \
             or the command that is an agent behind --",
            step.id
        )));
    }
    Ok(())
}

fn options(world: &World, flow: &Flow, launch: &Launch, agent: String) -> String {
    let given = !launch.env.is_empty();
    let mut env = if given { launch.env.clone() } else { world.environment.clone() };
    if let Some(path) = launch.path.clone().or_else(|| world.environment.get("PATH").cloned()) {
        env.insert("PATH".to_owned(), path);
    }
    let (budget, command) = (flow.budget.clone(), launch.command.clone());
    let options = Options { budget, command, agent: Some(agent), env };
    serde_json::to_string(&options).expect("options are plain JSON")
}

/// The rows of the steps.
fn steps(flow: &Flow) -> Vec<NewStep> {
    let numbers: std::collections::HashMap<&str, u32> =
        (0_u32..).zip(&flow.steps).map(|(n, step)| (step.id.as_str(), n)).collect();
    let row = |step: &crate::model::flow::Step| NewStep {
        id: step.id.clone(),
        on_failure: step.on_failure.as_str(),
        depends_on: step.depends_on.iter().map(|id| numbers[id.as_str()]).collect(),
    };
    flow.steps.iter().map(row).collect()
}

async fn accept(world: &World, request: &Request, new: New) -> Result<String, ServiceError> {
    let body = serde_json::to_string(&(&new.project, &new.text, &new.args));
    let key = request.idempotency("flow", &body.expect("texts are plain JSON"));
    let accepted = world.store.write(request.origin(world.now()), move |change| {
        if let Some(key) = &key {
            if let Some(id) = idempotency::find(change, key)? {
                return Ok(id);
            }
            idempotency::keep(change, key, &new.id)?;
        }
        rows::add(change, &new)?;
        Ok(new.id)
    });
    Ok(accepted.await?)
}
