//! Removes an ended worker's worktree, its work preserved first; or says what that would do.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::ids::{SessionId, Timestamp};
use crate::model::rights::Verb;
use crate::model::work::{
    Item, Obstacle, Removal, RemovalState, Standing, Verdict, decide, decide_unseen,
};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::projects::Project;
use crate::store::sessions::{self, Session};
use crate::wire::clean::{Clean, CleanAnswer, CleanItem, PreservedView};
use crate::workspace::{self, Preserved, Removed, Scan, Slot, WorktreeSpec};

/// Looks, and removes the worktree where that is asked for and nothing stands in the way. That it
/// is kept is an answer, not an error.
pub async fn clean(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    clean: Clean,
) -> Result<CleanAnswer, ServiceError> {
    let session = super::load(world, id).await?;
    request.allow(world, Verb::Manage, session.target()).await?;
    let lane = super::lane(&session.id);
    let (shared, asked, id) = (world.clone(), request.clone(), session.id.clone());
    let work = async move { in_lane(&shared, &asked, &id, &clean).await };
    world.lanes.run(&lane, work).await?
}

/// What came of it, before it is put into words.
struct Outcome {
    verdict: Verdict,
    items: Vec<Item>,
    branch: Option<bool>,
    removed: bool,
    preserved: Option<Preserved>,
}

async fn in_lane(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    clean: &Clean,
) -> Result<CleanAnswer, ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    let outcome = match decide_unseen(standing(&session)) {
        Some(verdict) => Outcome::unseen(verdict),
        None => {
            let project = projects::load(world, session.project.as_str()).await?;
            if clean.apply && finish(world, request, &project, &session).await? {
                Outcome { removed: true, ..Outcome::unseen(Verdict::Remove { preserve: true }) }
            } else {
                look(world, request, &project, &session, clean).await?
            }
        }
    };
    answer(world, id, outcome, clean.discard).await
}

impl Outcome {
    fn unseen(verdict: Verdict) -> Self {
        Self { verdict, items: Vec::new(), branch: None, removed: false, preserved: None }
    }
}

fn standing(session: &Session) -> Standing<'_> {
    let removed =
        session.removal.as_ref().is_some_and(|removal| removal.state == RemovalState::Removed);
    // What is not its own is not there for it to lose.
    let removed = removed || session.shares_folder();
    Standing { kind: session.kind, phase: &session.phase, removed }
}

async fn look(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
    clean: &Clean,
) -> Result<Outcome, ServiceError> {
    let spec = super::known_spec(project, session);
    let first = scan(world, project, session, &spec).await?;
    let verdict = decide(standing(session), &first.found, clean.discard);
    if !clean.apply || !matches!(verdict, Verdict::Remove { .. }) {
        return Ok(seen(verdict, &first));
    }
    // Looked at anew with the worktree's lock in hand: this is the look that counts.
    let quiet = workspace::quiet(&world.git, &spec).await?;
    let scan = Arc::new(scan(world, project, session, &spec).await?);
    let verdict = decide(standing(session), &scan.found, clean.discard);
    let Verdict::Remove { preserve } = verdict else { return Ok(seen(verdict, &scan)) };
    let tools = (&world.git, &world.repositories);
    let preserved = if preserve {
        let folder = preserved_folder(world, &session.id);
        let how = (session.generation, clean.discard);
        Some(workspace::preserve(tools, &spec, &scan, &folder, how).await?)
    } else {
        None
    };
    let slot = preserved.as_ref().map(|preserved| preserved.slot.name.clone());
    let intent = Removal { state: RemovalState::Removing, at: now(world), slot, tip: scan.tip() };
    note(world, request, &session.id, Some(&intent)).await?;
    let at = (&spec, project.default_branch.as_str());
    let removed = workspace::remove(tools, at, &scan, quiet, preserved.as_ref()).await;
    let Removed { branch } = match removed {
        Ok(removed) => removed,
        Err(error) => {
            let changed = matches!(error, workspace::WorkspaceError::Changed { .. });
            if changed || !workspace::is_under_way(&spec)? {
                // It is in its place, untouched.
                note(world, request, &session.id, None).await?;
            }
            return Err(error.into());
        }
    };
    let done = Removal { state: RemovalState::Removed, at: now(world), ..intent };
    note(world, request, &session.id, Some(&done)).await?;
    let had_branch = scan.tip().is_some();
    let items = scan.found.items.clone();
    let branch = had_branch.then_some(branch);
    Ok(Outcome { verdict, items, branch, removed: true, preserved })
}

fn seen(verdict: Verdict, scan: &Scan) -> Outcome {
    let branch = scan.tip().map(|_| scan.branch_goes());
    Outcome { items: scan.found.items.clone(), branch, ..Outcome::unseen(verdict) }
}

/// The workspace's look, and whether a process of the session still runs somewhere else.
async fn scan(
    world: &World,
    project: &Project,
    session: &Session,
    spec: &WorktreeSpec,
) -> Result<Scan, ServiceError> {
    let mut scan = workspace::scan(&world.git, spec, &project.default_branch).await?;
    let id = session.id.to_string();
    let data = world.paths.data().display().to_string();
    let left = move || {
        let marks = [("AO_SESSION_ID", id.as_str()), ("AO_DATA_DIR", data.as_str())];
        let found = crate::process::find_by_environ(&marks)?.found;
        found
            .into_iter()
            .map(|process| Ok((process.pid, crate::process::name(process)?)))
            .collect::<Result<Vec<_>, crate::process::ProcessError>>()
    };
    for (pid, name) in super::prepare::blocking(left).await? {
        let known = |o: &Obstacle| matches!(o, Obstacle::Process { pid: p, .. } if *p == pid);
        if let Some(name) = name
            && !scan.found.obstacles.iter().any(known)
        {
            scan.found.obstacles.push(Obstacle::Process { pid, name });
        }
    }
    Ok(scan)
}

/// Finishes a removal that an earlier supervisor began, if there is one; returns whether.
pub(super) async fn finish(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
) -> Result<bool, ServiceError> {
    let begun = session.removal.as_ref().filter(|r| r.state == RemovalState::Removing);
    let Some(removal) = begun else { return Ok(false) };
    let spec = super::known_spec(project, session);
    if !workspace::is_under_way(&spec)? {
        // The intent was written, nothing was touched.
        note(world, request, &session.id, None).await?;
        return Ok(false);
    }
    let folder = preserved_folder(world, &session.id);
    let slot =
        removal.slot.as_ref().map(|name| Slot { name: name.clone(), folder: folder.join(name) });
    let tools = (&world.git, &world.repositories);
    let at = (&spec, project.default_branch.as_str());
    workspace::finish_removal(tools, at, slot.as_ref()).await?;
    let done = Removal { state: RemovalState::Removed, at: now(world), ..removal.clone() };
    note(world, request, &session.id, Some(&done)).await?;
    Ok(true)
}

/// Journals how far the removal is.
pub(super) async fn note(
    world: &World,
    request: &Request,
    id: &SessionId,
    removal: Option<&Removal>,
) -> Result<(), ServiceError> {
    let (id, removal) = (id.clone(), removal.cloned());
    let origin = request.origin(world.now());
    world
        .store
        .write(origin, move |change| sessions::set_removal(change, &id, removal.as_ref()))
        .await?;
    Ok(())
}

/// Where a session's preserved work lies, a folder for each removal.
pub(super) fn preserved_folder(world: &World, id: &SessionId) -> PathBuf {
    world.paths.preserved_dir().join(id.as_str())
}

fn now(world: &World) -> Timestamp {
    world.now()
}

async fn answer(
    world: &World,
    id: &SessionId,
    outcome: Outcome,
    discard: bool,
) -> Result<CleanAnswer, ServiceError> {
    let (verdict, reasons) = match &outcome.verdict {
        Verdict::Gone => ("gone", Vec::new()),
        Verdict::Keep(obstacles) => ("keep", obstacles.iter().map(ToString::to_string).collect()),
        Verdict::Remove { .. } => ("remove", Vec::new()),
    };
    let item = |item: Item| CleanItem {
        what: item.what.as_str().to_owned(),
        name: item.name,
        count: item.count,
        bytes: item.bytes,
        fate: item.what.fate(discard).as_str().to_owned(),
        why: item.what.describe().to_owned(),
    };
    let branch = outcome.branch.map(|goes| if goes { "removed" } else { "kept" }.to_owned());
    Ok(CleanAnswer {
        session: super::view_of(world, id.as_str()).await?,
        verdict: verdict.to_owned(),
        removed: outcome.removed,
        reasons,
        items: outcome.items.into_iter().map(item).collect(),
        branch,
        preserved: outcome.preserved.map(|preserved| PreservedView {
            slot: preserved.slot.name,
            folder: preserved.slot.folder.display().to_string(),
            refs: preserved.refs,
            moved_bytes: preserved.moved_bytes,
        }),
    })
}
