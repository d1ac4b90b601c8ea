//! Starts a worker. Everything that can be refused is refused before anything is made; what fails
//! later is undone, so that a failed spawn leaves no worktree, branch, row or process.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::model::ids::SessionId;
use crate::model::message::Policy;
use crate::model::names;
use crate::model::rights::{Target, Verb};
use crate::model::session::Kind;
use crate::services::{Request, ServiceError, World, projects};
use crate::store::idempotency;
use crate::store::projects::Project;
use crate::store::sessions::{self, New};
use crate::wire::session::{Spawn, SpawnAnswer};
use crate::workspace;

use super::choice::{Chosen, choose};
use super::environment::Surroundings;
use super::launch::{Conversation, Launching};

/// Longest prompt in bytes: what an argument of a program can hold, with room.
const MAX_PROMPT: usize = 100 * 1024;
/// Longest label in characters.
const MAX_LABEL: usize = 80;

/// Starts a worker and returns once its agent runs.
pub async fn spawn(
    world: &Arc<World>,
    request: &Request,
    mut spawn: Spawn,
) -> Result<SpawnAnswer, ServiceError> {
    let project = projects::load(world, &spawn.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Spawn, target).await?;
    check(&spawn)?;
    world.reload_catalog();
    let surroundings = Surroundings { path: spawn.path.clone(), env: spawn.env.clone() };
    let chosen = choose(world, &spawn.choice, None, &project, surroundings.path(world))?;
    super::role::check_rules(&project).await?;
    if spawn.fetch {
        let branch = spawn.base.as_deref().unwrap_or(&project.default_branch);
        let tracking = workspace::fetch(&world.git, Path::new(&project.path), branch).await?;
        spawn.base = Some(tracking);
    }
    let mut notices = super::prepare::check_base(world, &project, &spawn).await?;
    let (id, is_new) = reserve(world, request, &project, &spawn, &chosen).await?;
    if is_new {
        let (shared, asked) = (world.clone(), request.clone());
        let session = id.clone();
        let more = world
            .lanes
            .run(&super::lane(&id), async move {
                let launching =
                    Launching { chosen: &chosen, surroundings, conversation: Conversation::New };
                let base = spawn.base.as_deref();
                bring_up(&shared, &asked, &project, &session, base, launching).await
            })
            .await??;
        notices.extend(more);
    } else {
        // The first request with this key may still be at it: its lane is waited for.
        world.lanes.run(&super::lane(&id), async {}).await?;
    }
    let session = super::view_of(world, id.as_str()).await?;
    Ok(SpawnAnswer { orchestrator: session.orchestrator.clone(), session, notices })
}

fn check(spawn: &Spawn) -> Result<(), ServiceError> {
    let usage = |text: String| Err(ServiceError::Usage(text));
    if spawn.prompt.as_ref().is_some_and(|prompt| prompt.len() > MAX_PROMPT) {
        return usage(format!(
            "the prompt has over {MAX_PROMPT} bytes; put it into a file of the repository and name it"
        ));
    }
    if spawn.prompt.as_ref().is_some_and(|prompt| prompt.contains('\0')) {
        return usage("the prompt has a NUL character".to_owned());
    }
    let plain =
        |text: &String| text.chars().count() <= MAX_LABEL && !text.chars().any(char::is_control);
    for (what, text) in [("label", &spawn.label), ("issue", &spawn.issue)] {
        if !text.as_ref().is_none_or(plain) {
            return usage(format!(
                "the {what} has over {MAX_LABEL} characters, or control characters"
            ));
        }
    }
    match spawn.deliver.as_deref() {
        Some(policy) if Policy::parse(policy).is_none() => {
            usage(format!("{policy:?} is not a delivery policy: immediate or deferred"))
        }
        _ => Ok(()),
    }
}

/// Takes the next number and the row; or finds the session that the same key made before.
async fn reserve(
    world: &World,
    request: &Request,
    project: &Project,
    spawn: &Spawn,
    chosen: &Chosen,
) -> Result<(SessionId, bool), ServiceError> {
    let body = json!([spawn.choice, spawn.prompt, spawn.issue, spawn.branch, spawn.base]);
    let key = request.idempotency("spawn", &format!("{}{body}", project.id));
    let limit = world.settings.limits.sessions_per_project;
    let spawn_project = project.id.to_string();
    let (project, spawn) = (project.clone(), spawn.clone());
    let choice = super::launch::choice_json(chosen);
    let (agent, spawned_by) = (chosen.agent.clone(), request.caller.name().to_owned());
    let nonce = crate::workspace::new_nonce()?;
    let worktrees = world.paths.clone();
    let reserved = world.store.write(request.origin(world.now()), move |change| {
        if let Some(key) = &key
            && let Some(id) = idempotency::find(change, key)?
        {
            return Ok(Ok((id, false)));
        }
        if sessions::count_alive(change.db(), project.id.as_str())? >= limit {
            return Ok(Err(limit));
        }
        let n = crate::store::projects::next_worker(change, &project.id)?;
        let id = names::worker_id(&project.prefix, n).expect("prefix and number make an id");
        let new = New {
            branch: spawn.branch.clone().unwrap_or_else(|| Kind::Worker.branch(&id)),
            worktree: worktrees.worktree(&project.id, &id).display().to_string(),
            id: id.clone(),
            project: project.id.clone(),
            kind: Kind::Worker,
            label: spawn.label.clone(),
            issue: spawn.issue.clone(),
            spawned_by,
            deliver: spawn.deliver.clone().unwrap_or_else(|| Policy::Deferred.as_str().to_owned()),
            agent,
            choice,
            prompt: spawn.prompt.clone(),
            nonce,
        };
        sessions::reserve(change, &new)?;
        if let Some(key) = &key {
            idempotency::keep(change, key, id.as_str())?;
        }
        Ok(Ok((id.to_string(), true)))
    });
    match reserved.await? {
        Ok((id, is_new)) => Ok((SessionId::parse(id)?, is_new)),
        Err(limit) => Err(ServiceError::Capacity { project: spawn_project, limit }),
    }
}

/// Worktree and agent, in the session's lane; undone when a step fails. Returns lines for a person.
async fn bring_up(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    id: &SessionId,
    base: Option<&str>,
    launching: Launching<'_>,
) -> Result<Vec<String>, ServiceError> {
    let made = async {
        let surroundings = &launching.surroundings;
        let notices = super::prepare(world, request, project, id, base, surroundings).await?;
        super::launch(world, request, project, id, launching).await?;
        Ok(notices)
    };
    let error = match made.await {
        Ok(notices) => return Ok(notices),
        Err(error) => error,
    };
    super::undo(world, request, id, &error).await?;
    Err(error)
}
