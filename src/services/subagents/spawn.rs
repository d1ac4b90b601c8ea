//! Accepts a subagent: when this returns it is on disk, and nobody has waited for its agent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{ProjectFile, create_private_dir, write_private};
use crate::model::agent_type::AgentType;
use crate::model::caller::Caller;
use crate::model::message::Policy;
use crate::model::rights::{Target, Verb};
use crate::model::subagent;
use crate::model::workflow::Schema;
use crate::services::lanes::CutOff;
use crate::services::sessions::one_shot::check_agent;
use crate::services::{Request, ServiceError, World, agent_types, headless, projects, secret};
use crate::store::idempotency;
use crate::store::projects::Project;
use crate::store::subagents::{self as rows, New};
use crate::wire::session::{OneShotSpawn, Spawn};
use crate::wire::subagent::{SpawnSubagent, SubagentAnswer};

/// Longest title in characters.
const MAX_TITLE: usize = 80;

/// Accepts one for the caller. The same key gives the same one.
pub async fn spawn(
    world: &Arc<World>,
    request: &Request,
    asked: SpawnSubagent,
) -> Result<SubagentAnswer, ServiceError> {
    let project = projects::load(world, &asked.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Delegate, target).await?;
    check(&asked)?;
    let kind = kind(world, &project, asked.agent_type.as_deref()).await?;
    let policy = policy(world, &project, &asked, kind.as_ref()).await?;
    let depth = depth(world, request).await?;
    let id = format!("sa-{}", &secret::token()[..12]);
    let new = New {
        id: id.clone(),
        project: project.id.to_string(),
        parent: request.caller.name().to_owned(),
        depth,
        title: asked.title.clone(),
        policy,
        stays: asked.stays,
    };
    let key = request.idempotency("subagent", &format!("{}\n{}", project.id, asked.prompt));
    let order = order(world, request, &project, asked, kind).await?;
    // Before the row: what is on record can be done.
    write_order(world, &id, &order)?;
    let most = world.settings.subagents.most;
    let accepted = world.store.write(request.origin(world.now()), move |change| {
        if let Some(key) = &key
            && let Some(known) = idempotency::find(change, key)?
        {
            return Ok(known);
        }
        rows::add(change, &new, most)?;
        if let Some(key) = &key {
            idempotency::keep(change, key, &new.id)?;
        }
        Ok(new.id)
    });
    let accepted = accepted.await;
    if accepted.as_ref().is_ok_and(|known| *known == id) {
        super::drive::drive(world, &id);
    } else {
        remove_order(world, &id);
    }
    super::view::answer(world, &accepted?).await
}

fn check(asked: &SpawnSubagent) -> Result<(), ServiceError> {
    let usage = |text: String| Err(ServiceError::Usage(text));
    if asked.prompt.trim().is_empty() {
        return usage("prompt: a subagent needs a task".to_owned());
    }
    if asked.title.as_ref().is_some_and(|title| title.chars().count() > MAX_TITLE) {
        return usage(format!("title: it has over {MAX_TITLE} characters"));
    }
    if let Some(schema) = &asked.schema
        && let Err(error) = Schema::compile(schema)
    {
        return usage(format!("schema: {error}"));
    }
    Ok(())
}

/// What it is to be, where a name is given.
async fn kind(
    world: &World,
    project: &Project,
    name: Option<&str>,
) -> Result<Option<AgentType>, ServiceError> {
    let Some(name) = name else { return Ok(None) };
    Ok(Some(agent_types::find(world, Path::new(&project.path), name).await?))
}

/// How its end is told.
async fn policy(
    world: &World,
    project: &Project,
    asked: &SpawnSubagent,
    kind: Option<&AgentType>,
) -> Result<Policy, ServiceError> {
    let read = |word: &String| {
        Policy::parse(word).ok_or_else(|| {
            let text = format!("deliver: {word:?} is not immediate, deferred or on_demand");
            ServiceError::Usage(text)
        })
    };
    let call = asked.deliver.as_ref().map(read).transpose()?;
    let settings = read(&world.settings.subagents.deliver)?;
    let checkout = PathBuf::from(&project.path);
    let file = tokio::task::spawn_blocking(move || ProjectFile::load(&checkout));
    let file = file.await.map_err(|_| CutOff)??;
    let kind = kind.and_then(|kind| kind.deliver);
    Ok(subagent::policy(call, kind, file.subagents.deliver, settings))
}

/// One more than the caller's own.
async fn depth(world: &World, request: &Request) -> Result<u32, ServiceError> {
    let Caller::Session(member) = &request.caller else { return Ok(1) };
    let session = member.id.to_string();
    let own = world.store.read(move |db| rows::of_session(db, &session)).await?;
    let depth = own.map_or(0, |own| own.new.depth) + 1;
    let most = world.settings.subagents.depth;
    if depth > most {
        let text = format!(
            "subagents may have subagents {most} deep (setting subagents.depth), and this would be \
             the {depth}th: do it yourself, or report that it is left"
        );
        return Err(ServiceError::Usage(text));
    }
    Ok(depth)
}

/// What its session will be made from.
async fn order(
    world: &World,
    request: &Request,
    project: &Project,
    asked: SpawnSubagent,
    kind: Option<AgentType>,
) -> Result<Spawn, ServiceError> {
    let mut choice = asked.choice;
    let kind = kind.unwrap_or_default();
    if choice.command.is_none() {
        choice.agent = choice.agent.or_else(|| kind.agent.clone());
        // The same that a session falls back to.
        let fallback = project.agent.as_ref().unwrap_or(&world.settings.agent);
        let agent = choice.agent.as_ref().unwrap_or(fallback).as_str();
        world.reload_catalog();
        check_agent(world, agent)?;
        let model = || kind.model_for(Some(agent)).map(str::to_owned);
        choice.model = choice.model.or_else(model);
        let may = kind.capabilities.as_deref();
        let permission = || headless::permission(world, Some(agent), may);
        choice.permission = choice.permission.or_else(permission);
    }
    let folder = match &request.caller {
        _ if asked.own_worktree => None,
        Caller::Person => None,
        Caller::Session(member) => {
            let session = crate::services::sessions::load(world, member.id.as_str()).await?;
            Some(session.worktree)
        }
    };
    Ok(Spawn {
        project: project.id.to_string(),
        choice,
        prompt: Some(asked.prompt),
        label: asked.title,
        deliver: Some(Policy::OnDemand.as_str().to_owned()),
        path: asked.path,
        env: asked.env,
        queue: true,
        one_shot: Some(OneShotSpawn {
            folder,
            schema: asked.schema,
            max_tool_calls: asked.max_tool_calls,
            timeout_ms: asked.timeout_ms,
            effort: kind.effort.clone(),
            role: kind.role().map(str::to_owned),
            ..OneShotSpawn::default()
        }),
        ..Spawn::default()
    })
}

/// A private file, for the caller's environment may hold secrets.
fn write_order(world: &World, id: &str, order: &Spawn) -> Result<(), ServiceError> {
    let file = order_file(world, id);
    let folder = file.parent().expect("it is in the folder of all");
    create_private_dir(folder)?;
    let text = serde_json::to_vec(order).expect("an order is plain JSON");
    Ok(write_private(&file, &text)?)
}

/// What it is made from, as long as it is not over.
pub(super) fn read_order(world: &World, id: &str) -> Option<Spawn> {
    let text = std::fs::read(order_file(world, id)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Its environment is kept no longer than it is needed.
pub(super) fn remove_order(world: &World, id: &str) {
    // What is left of it is in a private directory.
    let _ = std::fs::remove_file(order_file(world, id));
}

fn order_file(world: &World, id: &str) -> PathBuf {
    world.paths.data().join("subagents").join(format!("{id}.json"))
}
