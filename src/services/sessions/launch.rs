//! Launches a generation of a session's agent: plan, files, host, first sign of life.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::agents::{GitDirs, Hooks, LaunchPlan, LaunchRequest};
use crate::host::{self, HostError, Launch, Started};
use crate::model::ids::{Generation, SessionId};
use crate::model::session::{Activity, ActivityFact, ActivitySource, PhaseEvent, Step};
use crate::process::boot_id;
use crate::services::rebuild::Card;
use crate::services::{Request, ServiceError, World, messages, panes, secret};
use crate::store::projects::Project;
use crate::store::sessions::{self, Processes, Session};
use crate::store::{Change, Origin};
use crate::workspace::{self, WorktreeSpec};

use super::admit::Ask;
use super::choice::Chosen;
use super::environment::{Surroundings, launch_file};
use super::phase::change_phase;
use super::prepare::{at, blocking, step};
use super::untried;

/// How long a host may take to start its agent. It takes milliseconds; a machine that swaps more.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Which conversation of its own the agent gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversation {
    /// A new one.
    New,
    /// The last one, where the agent can continue it and there is one.
    Resume,
}

/// What a generation is launched with.
#[derive(Debug, Clone)]
pub struct Launching<'a> {
    /// Its agent.
    pub chosen: &'a Chosen,
    /// Where the caller comes from.
    pub surroundings: Surroundings,
    /// Its conversation.
    pub conversation: Conversation,
    /// For a session that is over: the room it needs, taken together with its new life.
    pub(super) ask: Option<Ask>,
    /// It repeats a launch that failed: a task that still waits to be typed is not given twice.
    pub(super) repeats: bool,
}

impl<'a> Launching<'a> {
    /// Of a session that has its room.
    #[must_use]
    pub fn new(chosen: &'a Chosen, surroundings: Surroundings, conversation: Conversation) -> Self {
        Self { chosen, surroundings, conversation, ask: None, repeats: false }
    }
}

/// Starts the next generation in the session's worktree and returns when its agent runs, with what
/// whoever asked for it should know. On an error the caller undoes or ends it.
pub async fn launch(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    id: &SessionId,
    launching: Launching<'_>,
) -> Result<Vec<String>, ServiceError> {
    let Launching { chosen, surroundings, conversation, ask, repeats } = launching;
    let before = super::load(world, id.as_str()).await?;
    let surroundings = surroundings.or_last_launch(world, &before);
    let token = secret::token();
    let generation = begin(world, request, &before, chosen, (&token, ask)).await?;
    let session = super::load(world, id.as_str()).await?;
    let untried = at(Step::Plan, untried::note(world, request, &session, chosen).await)?;
    let plan = make_plan(world, project, &session, chosen, conversation).await;
    let plan = at(Step::Plan, plan)?;
    let pasted = plan.prompt_by_paste.clone();
    at(Step::Plan, write_files(world, &session, plan, surroundings, &token).await)?;
    at(Step::Plan, write_card(world, project, id).await)?;
    // Before there is an agent: one whose task is not on record must not outlive a crash of ours.
    if let Some(prompt) = pasted
        && !(repeats && messages::is_assigned(world, &session, &prompt).await?)
    {
        messages::assign(world, request.origin(world.now()), &session, &prompt).await?;
    }
    step(world, request, id, Step::Host).await?;
    change_phase(world, request.origin(world.now()), id, PhaseEvent::Start).await?;
    let file = launch_file(world, &session, generation);
    let spec = super::known_spec(project, &session);
    let is_first = generation == Generation::default().next();
    let own = (!session.shares_folder()).then_some(spec);
    let started = at(Step::Host, start_host(world, own, &file, is_first).await)?;
    live(world, request, id, generation, &started).await?;
    super::watch(world, id, generation);
    panes::open_later(world, id);
    Ok(untried.into_iter().collect())
}

async fn begin(
    world: &World,
    request: &Request,
    session: &Session,
    chosen: &Chosen,
    (token, ask): (&str, Option<Ask>),
) -> Result<Generation, ServiceError> {
    let launch = sessions::Launch {
        agent: chosen.agent.clone(),
        choice: choice_json(chosen),
        token_hash: secret::sha256(token),
    };
    let id = session.id.clone();
    let origin = request.origin(world.now());
    let begun = world.store.write(origin, move |change| {
        if let Some(ask) = ask
            && let Err(full) = ask.check(change, None)?
        {
            return Ok(Err(full));
        }
        sessions::begin_generation(change, &id, &launch).map(Ok)
    });
    let project = || session.project.to_string();
    begun.await?.map_err(|full| ServiceError::Full { project: project(), full })
}

async fn make_plan(
    world: &Arc<World>,
    project: &Project,
    session: &Session,
    chosen: &Chosen,
    conversation: Conversation,
) -> Result<LaunchPlan, ServiceError> {
    let catalog = world.catalog();
    let manifest = catalog.get(&chosen.agent)?;
    let resume = match conversation {
        Conversation::Resume if manifest.can_resume() => session.resumable(&chosen.agent),
        _ => None,
    };
    let is_resumed = resume.is_some();
    let system_prompt = match &session.one_shot {
        Some(one_shot) => one_shot.role.clone(),
        None => Some(role(world, project, session, is_resumed).await?),
    };
    let conversation_id = match resume {
        Some(id) => id.to_owned(),
        None => crate::agents::new_conversation_id()?,
    };
    let request = LaunchRequest {
        session: session.id.clone(),
        project: session.project.clone(),
        command: chosen.command.clone(),
        // A conversation that is continued has had its task.
        prompt: session.prompt.clone().filter(|_| !is_resumed),
        system_prompt,
        model: chosen.model.clone(),
        permission: chosen.permission.clone(),
        resume: is_resumed,
        conversation_id: Some(conversation_id),
        generation_dir: world.paths.generation_dir(&session.id, session.generation),
        ao_binary: world.bin_dir().join("ao"),
        worktree: session.worktree.clone().into(),
        git_dirs: git_dirs(project, session).await?,
        // The launch follows on a worktree that was made, sealed and found to carry the mark.
        trusted_repository: Some(project.path.clone().into()),
        open_network: project.open_network,
        toolbox: world.settings.mcp,
        one_shot: session.one_shot.clone(),
    };
    let mut plan = crate::agents::launch_plan(manifest, &request)?;
    let again = plan.turns.as_mut().and_then(|turns| turns.again.as_mut());
    for argv in [Some(&mut plan.argv), again].into_iter().flatten() {
        if let Some(program) = argv.first_mut() {
            *program = chosen.program.display().to_string();
        }
    }
    Ok(plan)
}

/// Who the agent is, and what became of its earlier launches.
async fn role(
    world: &World,
    project: &Project,
    session: &Session,
    is_resumed: bool,
) -> Result<String, ServiceError> {
    let mut text = super::role::prompt(world, project, session).await?;
    if session.generation > Generation::default().next() && !is_resumed {
        text.push_str("\n\n");
        text.push_str(crate::services::prompts::BEGUN_ANEW);
    }
    Ok(text)
}

/// Where git writes for the session's worktree.
async fn git_dirs(project: &Project, session: &Session) -> Result<Option<GitDirs>, ServiceError> {
    let worktree = session.worktree.clone();
    let own =
        blocking(move || Ok::<_, ServiceError>(workspace::git_dir(Path::new(&worktree)))).await?;
    Ok(own.map(|own| GitDirs { own, common: project.common_dir.clone().into() }))
}

/// Writes the plan's files and the launch file; keeps the conversation's id before the agent can
/// use it.
async fn write_files(
    world: &Arc<World>,
    session: &Session,
    plan: LaunchPlan,
    surroundings: Surroundings,
    token: &str,
) -> Result<(), ServiceError> {
    let mut env = surroundings.for_session(world, session, token);
    env.retain(|name, _| !plan.unsets(name));
    env.extend(plan.env_set.clone());
    let dir = world.paths.generation_dir(&session.id, session.generation);
    let order = super::one_shot::order(world, session, &plan, &env);
    let argv = match &order {
        Some(_) => super::one_shot::wrapped(world, &dir),
        None => plan.argv.clone(),
    };
    let launch = Launch {
        version: host::LAUNCH_VERSION,
        session: session.id.clone(),
        generation: session.generation,
        socket: world.paths.host_socket(&session.id),
        dir: dir.clone(),
        control_key: world.paths.control_key(),
        cwd: session.worktree.clone().into(),
        argv,
        env,
        size: host::Size::default(),
        record_limit: world.settings.record_limit_mb * 1024 * 1024,
        inject: host::Inject::default(),
    };
    keep(world, session, &plan).await?;
    let file = launch_file(world, session, session.generation);
    blocking(move || {
        crate::config::create_private_dir(&dir).map_err(ServiceError::from)?;
        for (path, bytes) in &plan.files {
            if let Some(folder) = path.parent() {
                crate::config::create_private_dir(folder).map_err(ServiceError::from)?;
            }
            crate::config::write_private(path, bytes)?;
        }
        if let Some(order) = order {
            crate::agents::oneshot::write_order(&dir, &order)?;
        }
        launch.write(&file).map_err(ServiceError::from)
    })
    .await
}

/// Keeps the conversation's id, and whether the agent will take up a task by itself.
async fn keep(world: &World, session: &Session, plan: &LaunchPlan) -> Result<(), ServiceError> {
    let (conversation, awaits) = (plan.conversation_id.clone(), plan.prompt_at_launch);
    let (id, now) = (session.id.clone(), world.now());
    // Without hooks nothing will ever say that it has taken a prompt.
    let silent = world.catalog().get(&session.agent).is_ok_and(|m| m.hooks == Hooks::None);
    let origin = Origin { request_id: None, now };
    let keep = move |change: &Change<'_>| {
        sessions::set_awaits_prompt(change, &id, awaits)?;
        // It may run with another model now.
        sessions::set_limited_until(change, &id, None)?;
        let Some(conversation) = conversation else { return Ok(()) };
        sessions::set_conversation(change, &id, &conversation)?;
        if silent {
            sessions::set_conversation_begun(change, &id)?;
        }
        Ok(())
    };
    Ok(world.store.write(origin, keep).await?)
}

/// Keeps beside the database what the records say of the session: its conversation is among it.
async fn write_card(world: &World, project: &Project, id: &SessionId) -> Result<(), ServiceError> {
    let card = Card::of(project, &super::load(world, id.as_str()).await?);
    let paths = world.paths.clone();
    blocking(move || card.write(&paths)).await
}

/// Seals the worktree that is the session's own, for an agent may work there from now on, and
/// starts the host. Unsealed again only when the host itself says that no agent was started, and none has been before.
async fn start_host(
    world: &World,
    own: Option<WorktreeSpec>,
    file: &Path,
    is_first: bool,
) -> Result<Started, ServiceError> {
    if let Some(sealed) = own.clone() {
        blocking(move || workspace::seal(&sealed)).await?;
    }
    let started = host::start(&world.ao, file, START_LIMIT).await;
    if let Err(HostError::Start { .. }) = &started
        && is_first
        && let Some(spec) = own
    {
        blocking(move || workspace::unseal(&spec)).await?;
    }
    Ok(started?)
}

/// Journals that the agent runs, and which processes it is made of.
async fn live(
    world: &World,
    request: &Request,
    id: &SessionId,
    generation: Generation,
    started: &Started,
) -> Result<(), ServiceError> {
    let processes = Processes { host: started.host, agent: started.agent, boot_id: boot_id()? };
    record_live(world, request.origin(world.now()), id, generation, processes).await
}

/// The transaction that makes a session live; also used when a host is found at start.
pub(super) async fn record_live(
    world: &World,
    origin: Origin,
    id: &SessionId,
    generation: Generation,
    processes: Processes,
) -> Result<(), ServiceError> {
    let session = id.clone();
    let at = origin.now;
    world
        .store
        .write(origin, move |change| {
            sessions::set_processes(change, &session, &processes)?;
            sessions::set_phase(change, &session, PhaseEvent::Alive)?;
            let activity = Activity::Starting;
            let fact = ActivityFact::new(activity, ActivitySource::Record, at);
            sessions::set_activity(change, &session, generation, &fact)
        })
        .await?;
    world.dispatch.wake(world, id);
    Ok(())
}

/// The choice as it is kept with the session.
#[must_use]
pub fn choice_json(chosen: &Chosen) -> String {
    serde_json::to_string(chosen).expect("a choice is plain JSON")
}
