//! The worktree of a session: made, filled, verified, each step journaled before it is done; and
//! the way back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::session::{EndReason, PhaseEvent, Step};
use crate::model::work::{Removal, RemovalState};
use crate::services::interrupts::Bell;
use crate::services::rebuild::forget_card;
use crate::services::{Request, ServiceError, World};
use crate::store::messages as mail;
use crate::store::projects::Project;
use crate::store::sessions::{self, Session};
use crate::store::{Change, Origin};
use crate::wire::session::Spawn;
use crate::workspace::{self, WorkspaceError, WorktreeRequest, WorktreeSpec};

use super::environment::Surroundings;
use super::phase::change_phase;

/// Refuses, before anything is reserved, what git would refuse later. Returns what a person should
/// know of the main checkout.
pub(super) async fn check_base(
    world: &World,
    project: &Project,
    spawn: &Spawn,
) -> Result<Vec<String>, ServiceError> {
    let facts =
        workspace::inspect(&world.git, Path::new(&project.path), Some(&project.default_branch))
            .await?;
    if let Some(branch) = &spawn.branch {
        let request = WorktreeRequest {
            repo_root: PathBuf::from(&project.path),
            default_branch: project.default_branch.clone(),
            // Where the worktree goes is not decided yet; nothing is there.
            path: world.paths.worktrees_dir().join(".none"),
            branch: branch.clone(),
            base: spawn.base.clone(),
            session: SessionId::parse("check")?,
            project: project.id.clone(),
        };
        blocking(move || workspace::prepare(request, String::new())).await?;
    } else if let Some(base) = &spawn.base {
        let (root, base) = (PathBuf::from(&project.path), base.clone());
        blocking(move || workspace::resolve_base(&root, &base)).await?;
    }
    let mut notices = Vec::new();
    if facts.uncommitted_changes == Some(true) {
        notices.push(format!(
            "{} has uncommitted changes; they are not in the new worktree",
            project.path
        ));
    }
    Ok(notices)
}

/// What the session's worktree is to be, from its row.
async fn new_spec(
    world: &World,
    project: &Project,
    session: &Session,
    base: Option<&str>,
) -> Result<WorktreeSpec, ServiceError> {
    let request = WorktreeRequest {
        repo_root: PathBuf::from(&project.path),
        default_branch: project.default_branch.clone(),
        path: PathBuf::from(&session.worktree),
        branch: session.branch.clone(),
        base: base.map(str::to_owned),
        session: session.id.clone(),
        project: project.id.clone(),
    };
    let nonce = session.nonce.clone();
    let parent = world.paths.worktrees_dir().join(project.id.as_str());
    blocking(move || {
        crate::config::create_private_dir(&parent).map_err(ServiceError::from)?;
        workspace::prepare(request, nonce).map_err(ServiceError::from)
    })
    .await
}

/// Makes the session's worktree on its new branch and sets it up; returns lines for a person.
pub async fn prepare(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    id: &SessionId,
    base: Option<&str>,
    surroundings: &Surroundings,
) -> Result<Vec<String>, ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    if session.shares_folder() {
        return Ok(Vec::new());
    }
    let bell = world.interrupts.bell(id);
    step(world, request, id, Step::Worktree).await?;
    let made = async {
        let spec = new_spec(world, project, &session, base).await?;
        let (row, commit) = (id.clone(), spec.base.clone());
        world
            .store
            .write(request.origin(world.now()), move |c| sessions::set_base(c, &row, &commit))
            .await?;
        workspace::create(&world.git, &world.repositories, &spec).await?;
        Ok(spec)
    };
    let spec = at(Step::Worktree, made.await)?;
    step(world, request, id, Step::Checkout).await?;
    at(Step::Checkout, give_way(&bell, id, workspace::check_out(&world.git, &spec)).await)?;
    step(world, request, id, Step::Verify).await?;
    at(Step::Verify, give_way(&bell, id, workspace::verify(&world.git, &spec)).await)?;
    step(world, request, id, Step::SetUp).await?;
    super::set_up::set_up(world, request, project, &session, surroundings).await
}

/// git may take long, and is ended when a kill comes: what it has made is taken back.
async fn give_way<T>(
    bell: &Bell,
    id: &SessionId,
    work: impl Future<Output = Result<T, WorkspaceError>>,
) -> Result<T, ServiceError> {
    match bell.unless_rung(work).await {
        Some(done) => done.map_err(Into::into),
        None => Err(ServiceError::Interrupted(id.to_string())),
    }
}

/// For a further launch: the worktree as it was left, made anew on its branch and set up where it
/// is missing. Returns lines for a person.
pub async fn revive_worktree(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
    surroundings: &Surroundings,
) -> Result<Vec<String>, ServiceError> {
    let spec = known_spec(project, session);
    let bell = world.interrupts.bell(&session.id);
    let work = workspace::reattach(&world.git, &world.repositories, &spec);
    if at(Step::Worktree, give_way(&bell, &session.id, work).await)?
        == workspace::Reattached::Present
    {
        return Ok(Vec::new());
    }
    let mut notices =
        vec!["its worktree was missing: it has what was committed or staged".to_owned()];
    notices.extend(super::set_up::set_up(world, request, project, session, surroundings).await?);
    Ok(notices)
}

/// Takes back what [`prepare`] and a launch that failed have made: processes, worktree, branch,
/// row. What holds work, or cannot be proven ours, stays, and the session is kept as failed. So it is
/// where somebody has written to it already: mail does not vanish with its recipient.
pub async fn undo(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    error: &ServiceError,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let why = error.to_string();
    let step = match error {
        ServiceError::Launch { step, .. } => named(step),
        _ => Step::Plan,
    };
    super::end_tree(world, &session).await?;
    let origin = request.origin(world.now());
    let removed = remove_worktree(world, &session).await;
    let row = id.clone();
    match removed {
        Ok(()) => {
            // Before the row: a card without one means that the records have lost it.
            forget_card(&world.paths, id).map_err(|source| ServiceError::File {
                path: world.paths.session_card(id),
                source,
            })?;
            let (catalog, base, at) = (world.catalog(), session.base.clone(), origin.now);
            let discard = move |change: &Change<'_>| {
                if !mail::has_any(change.db(), row.as_str())? {
                    return sessions::discard(change, &row, &why);
                }
                let reason = EndReason::Failed { step, error: why };
                super::phase::apply(change, &catalog, &row, PhaseEvent::Gone(reason))?;
                let gone = Removal { state: RemovalState::Removed, at, slot: None, tip: base };
                sessions::set_removal(change, &row, Some(&gone))
            };
            world.store.write(origin, discard).await?;
            world.dispatch.wake(world, id);
            world.queue.wake();
        }
        Err(kept) => {
            tracing::warn!(session = %id, %kept, "the worktree of a failed spawn is kept");
            let reason = EndReason::Failed { step, error: why };
            change_phase(world, origin, id, PhaseEvent::Gone(reason)).await?;
        }
    }
    Ok(())
}

pub(super) async fn remove_worktree(world: &World, session: &Session) -> Result<(), ServiceError> {
    if session.base.is_none() {
        // The base is journaled before git is asked to make anything.
        return Ok(());
    }
    let project = crate::services::projects::load(world, session.project.as_str()).await?;
    workspace::undo(&world.git, &world.repositories, &known_spec(&project, session)).await?;
    Ok(())
}

/// What the session's worktree was made to be.
#[must_use]
pub fn known_spec(project: &Project, session: &Session) -> WorktreeSpec {
    WorktreeSpec {
        repo_root: PathBuf::from(&project.path),
        common_dir: PathBuf::from(&project.common_dir),
        path: PathBuf::from(&session.worktree),
        branch: session.branch.clone(),
        base: session.base.clone().unwrap_or_default(),
        session: session.id.clone(),
        project: session.project.clone(),
        nonce: session.nonce.clone(),
    }
}

/// Journals that a step begins.
pub(super) async fn step(
    world: &World,
    request: &Request,
    id: &SessionId,
    step: Step,
) -> Result<(), ServiceError> {
    let origin: Origin = request.origin(world.now());
    change_phase(world, origin, id, PhaseEvent::Begin(step)).await?;
    Ok(())
}

/// Names the step that failed.
pub(super) fn at<T>(step: Step, result: Result<T, ServiceError>) -> Result<T, ServiceError> {
    result.map_err(|error| ServiceError::Launch { step: step.as_str(), error: Box::new(error) })
}

/// The step of that name.
pub(super) fn named(step: &str) -> Step {
    Step::ALL.into_iter().find(|known| known.as_str() == step).unwrap_or(Step::Plan)
}

/// Runs what waits for the disk away from the loop that serves requests.
pub(super) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, ServiceError>
where
    T: Send + 'static,
    E: Send + 'static,
    ServiceError: From<E>,
{
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| crate::services::lanes::CutOff)??)
}
