//! Starts a worker. Everything that can be refused is refused before anything is made; what fails
//! later is undone, so that a failed spawn leaves no worktree, branch, row or process.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::config::Paths;
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

use super::admit::Ask;
use super::choice::{Chosen, choose};
use super::environment::Surroundings;
use super::launch::{Conversation, Launching};
use super::one_shot::Task;
use super::queue::Order;

/// Longest prompt in bytes: what an argument of a program can hold, with room.
const MAX_PROMPT: usize = 100 * 1024;
/// Longest task for a headless mode in bytes.
const MAX_TASK: usize = 4 * 1024 * 1024;
/// Longest label in characters.
const MAX_LABEL: usize = 80;

/// Starts a worker and returns once its agent runs.
pub async fn spawn(
    world: &Arc<World>,
    request: &Request,
    spawn: Spawn,
) -> Result<SpawnAnswer, ServiceError> {
    let project = projects::load(world, &spawn.project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Spawn, target).await?;
    make(world, request, project, spawn).await
}

/// The same for who may; whether the caller may is not asked.
pub(in crate::services) async fn make(
    world: &Arc<World>,
    request: &Request,
    project: Project,
    mut spawn: Spawn,
) -> Result<SpawnAnswer, ServiceError> {
    check(&spawn)?;
    let task = match &spawn.one_shot {
        Some(asked) => Some(super::one_shot::task(world, &project, asked).await?),
        None => None,
    };
    world.reload_catalog();
    let surroundings = Surroundings { path: spawn.path.clone(), env: spawn.env.clone() };
    let chosen = choose(world, &spawn.choice, None, &project, surroundings.path(world))?;
    if task.is_some() {
        super::one_shot::check_agent(world, &chosen.agent)?;
    }
    super::role::check_rules(&project).await?;
    if spawn.fetch {
        let branch = spawn.base.as_deref().unwrap_or(&project.default_branch);
        let tracking = workspace::fetch(&world.git, Path::new(&project.path), branch).await?;
        spawn.base = Some(tracking);
    }
    let mut notices = super::prepare::check_base(world, &project, &spawn).await?;
    let spawner = request.caller.member().map(|member| member.id.clone());
    let ask = Ask::new(world, &project, spawner).await?;
    let id = match reserve(world, request, &project, (&spawn, task), &chosen, ask).await? {
        Reserved::New(id) => {
            let (shared, asked) = (world.clone(), request.clone());
            let session = id.clone();
            let more = world
                .lanes
                .run(&super::lane(&id), async move {
                    let conversation = Conversation::New;
                    let launching = Launching::new(&chosen, surroundings, conversation);
                    let base = spawn.base.as_deref();
                    bring_up(&shared, &asked, &project, &session, base, launching).await
                })
                .await??;
            notices.extend(more);
            id
        }
        Reserved::Waiting(id) => {
            world.queue.wake();
            id
        }
        Reserved::Known(id) => {
            // The first request with this key may still be at it: its lane is waited for.
            world.lanes.run(&super::lane(&id), async {}).await?;
            id
        }
    };
    let session = super::view_of(world, id.as_str()).await?;
    Ok(SpawnAnswer { orchestrator: session.orchestrator.clone(), session, notices })
}

fn check(spawn: &Spawn) -> Result<(), ServiceError> {
    let usage = |text: String| Err(ServiceError::Usage(text));
    // The task of a headless mode goes by standard input.
    let most = if spawn.one_shot.is_some() { MAX_TASK } else { MAX_PROMPT };
    if spawn.prompt.as_ref().is_some_and(|prompt| prompt.len() > most) {
        return usage(format!(
            "the prompt has over {most} bytes; put it into a file of the repository and name it"
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

/// What came of a reservation.
enum Reserved {
    /// The row is made and its room taken.
    New(SessionId),
    /// The row is made and waits for room.
    Waiting(SessionId),
    /// The same key made it before.
    Known(SessionId),
}

/// A row that has everything but its number.
struct Draft {
    project: Project,
    spawn: Spawn,
    task: Option<Task>,
    spawned_by: String,
    agent: String,
    choice: String,
    nonce: String,
}

impl Draft {
    fn row(self, id: &SessionId, paths: &Paths) -> New {
        let deliver = self.spawn.deliver.unwrap_or_else(|| Policy::Deferred.as_str().to_owned());
        let (one_shot, place) = self.task.map_or((None, None), |t| (Some(t.one_shot), t.place));
        let (worktree, branch) = place.unwrap_or_else(|| {
            let branch = self.spawn.branch.unwrap_or_else(|| Kind::Worker.branch(id));
            (paths.worktree(&self.project.id, id).display().to_string(), branch)
        });
        New {
            branch,
            worktree,
            one_shot,
            id: id.clone(),
            project: self.project.id,
            kind: Kind::Worker,
            label: self.spawn.label,
            issue: self.spawn.issue,
            spawned_by: self.spawned_by,
            deliver,
            agent: self.agent,
            choice: self.choice,
            prompt: self.spawn.prompt,
            nonce: self.nonce,
        }
    }
}

/// Takes the next number, the row and the room for it; or finds the session that the same key made
/// before.
async fn reserve(
    world: &World,
    request: &Request,
    project: &Project,
    (spawn, task): (&Spawn, Option<Task>),
    chosen: &Chosen,
    ask: Ask,
) -> Result<Reserved, ServiceError> {
    let body = match &spawn.one_shot {
        None => json!([spawn.choice, spawn.prompt, spawn.issue, spawn.branch, spawn.base]),
        Some(one) => json!([spawn.choice, spawn.prompt, one]),
    };
    let key = request.idempotency("spawn", &format!("{}{body}", project.id));
    let draft = Draft {
        project: project.clone(),
        spawn: spawn.clone(),
        task,
        spawned_by: request.caller.name().to_owned(),
        agent: chosen.agent.clone(),
        choice: super::launch::choice_json(chosen),
        nonce: crate::workspace::new_nonce()?,
    };
    let paths = world.paths.clone();
    let reserved = world.store.write(request.origin(world.now()), move |change| {
        if let Some(key) = &key
            && let Some(id) = idempotency::find(change, key)?
        {
            return Ok(Ok((id, Reserved::Known as fn(SessionId) -> Reserved)));
        }
        let full = ask.check(change, None)?.err();
        if let Some(full) = &full {
            let queue = draft.spawn.queue;
            let may_wait = if queue { ask.may_wait(change, full)? } else { Err(full.clone()) };
            if let Err(refused) = may_wait {
                return Ok(Err(refused));
            }
        }
        let n = crate::store::projects::next_worker(change, &draft.project.id)?;
        let id = names::worker_id(&draft.project.prefix, n).expect("prefix and number make an id");
        let Spawn { base, path, env, .. } = draft.spawn.clone();
        sessions::reserve(change, &draft.row(&id, &paths))?;
        if let Some(key) = &key {
            idempotency::keep(change, key, id.as_str())?;
        }
        let Some(full) = full else { return Ok(Ok((id.to_string(), Reserved::New))) };
        Order { base, path, env }.keep(&paths.waiting_file(&id))?;
        sessions::set_waits(change, &id, &full)?;
        Ok(Ok((id.to_string(), Reserved::Waiting)))
    });
    match reserved.await? {
        Ok((id, reserved)) => Ok(reserved(SessionId::parse(id)?)),
        Err(full) => Err(ServiceError::Full { project: project.id.to_string(), full }),
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
        let mut notices = super::prepare(world, request, project, id, base, surroundings).await?;
        notices.extend(super::launch(world, request, project, id, launching).await?);
        Ok(notices)
    };
    let error = match made.await {
        Ok(notices) => return Ok(notices),
        Err(error) => error,
    };
    super::undo(world, request, id, &error).await?;
    Err(error)
}
