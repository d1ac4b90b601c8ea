//! Launches a run. Everything that can be refused is refused before there is a run.

use std::path::Path;
use std::sync::Arc;

use super::driver;
use super::options::{CONCURRENCY, Options};
use super::process::HostProcess;
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::script::{self, Limits, Program};
use crate::services::{Request, ServiceError, World, projects, secret, sessions, usage};
use crate::store::idempotency;
use crate::store::workflows::{self as rows, New};
use crate::wire::workflow::{Launch, RunAnswer};

/// Largest arguments in bytes of JSON.
const MAX_ARGS: usize = 1024 * 1024;
/// Most levels of lists and objects in them.
const MAX_DEPTH: usize = 64;

/// Checks, accepts and starts a run; returns once its script runs.
pub async fn launch(
    world: &Arc<World>,
    request: &Request,
    launch: Launch,
) -> Result<RunAnswer, ServiceError> {
    let project = projects::load(world, &launch.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Spawn, target).await?;
    // A manifest may have come since.
    world.reload_catalog();
    let (text, file) = source(world, &project.id, &launch).await?;
    let name = super::discover::short_name(&file);
    let checked = script::check(&name, &text, false);
    let checked = checked.map_err(|error| ServiceError::Script(error.to_string()))?;
    let mut options = options(&launch, &checked.meta)?;
    if options.in_money {
        usage::check_priced(world).await?;
    }
    if let Some(agent) = &options.agent {
        sessions::one_shot::check_agent(world, agent)?;
    } else if options.command.is_none() {
        options.agent = project.agent.clone().or_else(|| Some(world.settings.agent.clone()));
    }
    let args = launch.args.as_ref().map(serde_json::Value::to_string);
    if args.as_ref().is_some_and(|args| args.len() > MAX_ARGS) {
        return Err(ServiceError::Usage(format!("the arguments have over {MAX_ARGS} bytes")));
    }
    if launch.args.as_ref().is_some_and(|args| is_deeper(args, MAX_DEPTH)) {
        return Err(ServiceError::Usage(format!("the arguments are over {MAX_DEPTH} levels deep")));
    }
    compile(world, &name, checked.body, &options).await?;
    if let Some(from) = &launch.resume_from {
        resumable(world, request, from).await?;
    }
    let fingerprint = fingerprint(world, &launch, Path::new(&project.path)).await?;
    let new = New {
        id: format!("wf-{}", &secret::token()[..12].to_ascii_lowercase()),
        project: project.id.to_string(),
        name: checked.meta.name.clone(),
        file,
        script_sha: secret::sha256(&text),
        script: text,
        args,
        options: serde_json::to_string(&options).expect("options are plain JSON"),
        resumed_from: launch.resume_from.clone(),
        fingerprint,
        started_by: request.caller.name().to_owned(),
    };
    let id = accept(world, request, &launch, new).await?;
    let wanted = id.clone();
    let run = world.store.read(move |db| rows::find(db, &wanted)).await?;
    let run = run.ok_or(ServiceError::NotFound { what: "workflow run", id: id.clone() })?;
    driver::drive(world, run).await?;
    let mut answer = super::view::answer(world, &id).await?;
    answer.notices = checked.meta.warnings;
    Ok(answer)
}

async fn source(
    world: &World,
    project: &ProjectId,
    launch: &Launch,
) -> Result<(String, String), ServiceError> {
    match (&launch.script, &launch.name) {
        (Some(script), _) => {
            let file = launch.file.clone().unwrap_or_else(|| "workflow.js".to_owned());
            Ok((script.clone(), file))
        }
        (None, Some(name)) => super::discover::by_name(world, project.as_str(), name).await,
        (None, None) => Err(ServiceError::Usage("name a workflow, or give its script".to_owned())),
    }
}

fn options(launch: &Launch, meta: &script::Meta) -> Result<Options, ServiceError> {
    let wrong = |text: &str| Err(ServiceError::Usage(text.to_owned()));
    let concurrency = launch.concurrency.or(meta.concurrency).unwrap_or(CONCURRENCY);
    if !(1..=64).contains(&concurrency) {
        return wrong("the concurrency is a number from 1 to 64");
    }
    if launch.budget.is_some() && launch.budget_usd.is_some() {
        return wrong("the budget is in tokens or in money, not in both");
    }
    let budget = launch.budget.or(launch.budget_usd);
    if budget.is_some_and(|budget| !budget.is_finite() || budget <= 0.0) {
        return wrong("the budget is a number of tokens or of US dollars above 0");
    }
    if launch.strict_prefix && launch.resume_from.is_none() {
        return wrong("a strict prefix is one of an earlier run: say which to resume from");
    }
    if launch.fresh && launch.resume_from.is_some() {
        return wrong("a fresh run takes nothing from an earlier one: leave one of the two out");
    }
    if launch.command.as_ref().is_some_and(|c| c.first().is_none_or(String::is_empty)) {
        return wrong("the command is empty");
    }
    if launch.command.is_some() && launch.agent.is_some() {
        return wrong("an agent and a command are asked for, one of them is needed");
    }
    let mut limits = Limits::default();
    if let Some(slice_ms) = launch.slice_ms {
        if !(100..=60_000).contains(&slice_ms) {
            return wrong("a slice takes 100 to 60000 ms");
        }
        limits.slice_ms = slice_ms;
    }
    Ok(Options {
        concurrency,
        budget,
        in_money: launch.budget_usd.is_some(),
        command: launch.command.clone(),
        defaults: meta.defaults.clone(),
        agent: launch.agent.clone(),
        show: launch.show,
        fresh: launch.fresh,
        strict_prefix: launch.strict_prefix,
        env: with_path(launch),
        limits: Some(limits),
    })
}

/// Whether lists and objects lie in each other more than `most` times.
fn is_deeper(value: &serde_json::Value, most: usize) -> bool {
    use serde_json::Value;
    let below = |inner: &Value| most == 0 || is_deeper(inner, most - 1);
    match value {
        Value::Array(items) => most == 0 || items.iter().any(below),
        Value::Object(fields) => most == 0 || fields.values().any(below),
        _ => false,
    }
}

fn with_path(launch: &Launch) -> std::collections::BTreeMap<String, String> {
    let mut env = launch.env.clone();
    env.extend(launch.path.clone().map(|path| ("PATH".to_owned(), path)));
    env
}

/// In a process of its own: what is wrong with the engine is not wrong with the supervisor.
async fn compile(
    world: &World,
    file: &str,
    body: String,
    options: &Options,
) -> Result<(), ServiceError> {
    let program = Program { file: file.to_owned(), body, args: None };
    let limits = options.limits.unwrap_or_default();
    let host = HostProcess::start(world, &program, limits, None, true).await?;
    host.map_err(|error| ServiceError::Script(error.to_string()))?.kill().await;
    Ok(())
}

/// The earlier run must be there and its agents must have ended: two would edit the same files.
async fn resumable(world: &World, request: &Request, from: &str) -> Result<(), ServiceError> {
    let run = super::load(world, request, Verb::ReadOutput, from).await?;
    let id = run.id.clone();
    let running = world.store.read(move |db| rows::agents_running(db, &id)).await?;
    if !run.state.is_over() || running > 0 {
        let text = format!(
            "{from} is {}, with {running} running agents; stop it first: ao workflow stop {from}",
            run.state.as_str()
        );
        return Err(ServiceError::Script(text));
    }
    Ok(())
}

/// Of the working tree now; a resumed run keeps that of the run it goes on from.
async fn fingerprint(
    world: &World,
    launch: &Launch,
    root: &Path,
) -> Result<Option<String>, ServiceError> {
    if let Some(from) = launch.resume_from.clone() {
        let run = world.store.read(move |db| rows::find(db, &from)).await?;
        return Ok(run.and_then(|run| run.fingerprint));
    }
    Ok(super::fingerprint::fingerprint(world, root).await)
}

async fn accept(
    world: &World,
    request: &Request,
    launch: &Launch,
    new: New,
) -> Result<String, ServiceError> {
    let body = serde_json::to_string(&(&launch.project, &launch.name, &new.script_sha, &new.args));
    let key = request.idempotency("workflow", &body.expect("texts are plain JSON"));
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
