//! Everything about one session.

use std::path::Path;
use std::time::Duration;

use crate::model::rights::{Verb, allowed};
use crate::services::{Request, ServiceError, World, events};
use crate::store::journal::{self, Filter};
use crate::store::sessions::{self, Session};
use crate::wire::session::{CommitView, SessionDetail, WorkView};
use crate::workspace;

/// Events in the answer.
const EVENTS: u32 = 20;
/// How long a host may take to say what it shows. It takes milliseconds.
pub(super) const HOST: Duration = Duration::from_secs(2);
/// Lines of the terminal in the answer.
const LINES: usize = 15;

/// The session with its last output, its last events and its work. Who may know of the session but
/// not read its output gets no lines.
pub async fn find(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<SessionDetail, ServiceError> {
    let session = load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::ReadStatus, target).await?;
    let may_read = allowed(&request.caller, Verb::ReadOutput, target).is_ok();
    let lines = async { if may_read { last_lines(world, &session).await } else { Vec::new() } };
    let filter = Filter { session: Some(id.to_owned()), ..Filter::default() };
    let rows = world.store.read(move |db| journal::last(db, &filter, EVENTS)).await?;
    // Each has its own deadline, and none is waited for twice.
    let (last_lines, work, evidence) =
        tokio::join!(lines, work(world, &session), super::evidence::evidence(world, &session));
    Ok(SessionDetail {
        session: super::view(world, session).await?,
        last_lines,
        events: rows.into_iter().map(events::view).collect(),
        work,
        evidence,
    })
}

/// The session's row.
pub async fn load(world: &World, id: &str) -> Result<Session, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| sessions::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::no_session(id))
}

/// What its terminal shows, or what it last showed.
async fn last_lines(world: &World, session: &Session) -> Vec<String> {
    let ask = async {
        match world.hosts.client(world, session).await {
            Ok(client) if !session.phase.is_over() => {
                client.snapshot(false, 0).await.ok().map(|snapshot| snapshot.lines)
            }
            _ => None,
        }
    };
    // A host that hangs must not keep who looks at its session.
    let shown = tokio::time::timeout(HOST, ask).await.ok().flatten();
    let lines = shown.unwrap_or_else(|| {
        let dir = world.paths.generation_dir(&session.id, session.generation);
        let record = crate::host::ExitRecord::read(&dir).ok().flatten();
        record.map(|record| record.exit.last_lines).unwrap_or_default()
    });
    let mut kept: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
    kept.drain(..kept.len().saturating_sub(LINES));
    kept
}

/// The worktree as git sees it; nothing when git cannot say.
async fn work(world: &World, session: &Session) -> Option<WorkView> {
    let base = session.base.as_deref()?;
    let path = Path::new(&session.worktree);
    let state = workspace::inspect_worktree(&world.git, path, base).await.ok()?;
    Some(WorkView {
        branch: state.branch,
        head: state.head,
        commits: state
            .commits
            .into_iter()
            .map(|commit| CommitView { id: commit.id, subject: commit.subject })
            .collect(),
        uncommitted: state.dirty,
    })
}
