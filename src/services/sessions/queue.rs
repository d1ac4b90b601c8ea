//! Workers that wait for room (`ao spawn --queue`): started in their order as room appears. What a
//! waiting one was ordered with lies in a file of its own, for it may hold secrets of the caller's
//! environment; the row holds its place and why it waits.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::model::admission::Full;
use crate::model::ids::SessionId;
use crate::model::session::{EndReason, Phase, PhaseEvent, Step};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::sessions::{self as rows, Session};
use crate::store::{Origin, StoreError};

use super::admit::Ask;
use super::choice::Chosen;
use super::environment::Surroundings;
use super::launch::{Conversation, Launching};
use super::phase::change_phase;

/// Between two looks while somebody waits for memory, load or file descriptors: of those there is
/// no news.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Wakes the task that starts those who wait.
#[derive(Default)]
pub struct Queue {
    news: Notify,
}

impl Queue {
    /// A session is over, or a new one waits: there may be something to do.
    pub fn wake(&self) {
        self.news.notify_one();
    }
}

/// What a waiting session is to be started with; the rest is in its row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) base: Option<String>,
    pub(super) path: Option<String>,
    pub(super) env: BTreeMap<String, String>,
}

impl Order {
    /// Keeps it, in a private file. Called in the transaction that makes the row.
    pub(super) fn keep(&self, file: &std::path::Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::File { path: file.to_owned(), source };
        let text = serde_json::to_vec(self).expect("an order is plain JSON");
        if let Some(folder) = file.parent() {
            let made = crate::config::create_private_dir(folder);
            made.map_err(|error| failed(std::io::Error::other(error)))?;
        }
        let written = crate::config::write_private(file, &text);
        written.map_err(|error| failed(std::io::Error::other(error)))
    }

    fn load(file: PathBuf) -> Result<Self, ServiceError> {
        let failed = |source| ServiceError::File { path: file.clone(), source };
        let text = std::fs::read(&file).map_err(failed)?;
        serde_json::from_slice(&text).map_err(|error| failed(std::io::Error::other(error)))
    }
}

/// Starts those who wait for as long as the supervisor runs.
pub async fn keep_queue(world: Arc<World>) {
    loop {
        let pause = match start_those_that_fit(&world).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "failed to look at the sessions that wait");
                Some(LOOK_AGAIN)
            }
        };
        let news = world.queue.news.notified();
        match pause {
            Some(pause) => drop(tokio::time::timeout(pause, news).await),
            None => news.await,
        }
    }
}

/// In their order; one that a limit of its project stops does not stop other projects. Returns
/// when to look again though nothing is heard.
async fn start_those_that_fit(world: &Arc<World>) -> Result<Option<Duration>, ServiceError> {
    let mut closed = HashSet::new();
    let mut pause = None;
    for session in world.store.read(rows::waiting).await? {
        if closed.contains(&session.project) {
            continue;
        }
        let full = match take_turn(world, &session).await {
            Ok(Some(full)) => full,
            Ok(None) => continue,
            Err(error) => {
                give_up(world, &session.id, &error).await?;
                continue;
            }
        };
        if full.passes_by_itself() {
            pause = Some(LOOK_AGAIN);
        }
        if full.is_of_the_machine() {
            break;
        }
        closed.insert(session.project);
    }
    Ok(pause)
}

/// Takes the place if there is room, and starts the session in a task of its own; else says why
/// there is none.
async fn take_turn(world: &Arc<World>, session: &Session) -> Result<Option<Full>, ServiceError> {
    let project = projects::load(world, session.project.as_str()).await?;
    let spawner = SessionId::parse(session.spawned_by.as_str()).ok();
    let ask = Ask::new(world, &project, spawner.filter(|id| id.as_str() != "person")).await?;
    let origin = Origin { request_id: None, now: world.now() };
    let id = session.id.clone();
    let full = world.store.write(origin, move |change| {
        let now = rows::find(change.db(), id.as_str())?;
        if !now.is_some_and(|now| now.phase == Phase::Reserved && now.waits.is_some()) {
            // Killed meanwhile.
            return Ok(None);
        }
        match ask.check(change, Some(&id))? {
            Ok(()) => rows::take_turn(change, &id).map(|()| Some(None)),
            Err(full) => rows::set_waits(change, &id, &full).map(|()| Some(Some(full))),
        }
    });
    let Some(full) = full.await? else { return Ok(None) };
    if full.is_none() {
        let (world, id) = (world.clone(), session.id.clone());
        tokio::spawn(async move {
            if let Err(error) = start(&world, &id).await {
                tracing::warn!(session = %id, %error, "a session that waited could not be started");
            }
        });
    }
    Ok(full)
}

/// In the session's lane: worktree and agent. One that cannot be started stays, as failed: nobody
/// waits for the error.
async fn start(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let (shared, session) = (world.clone(), id.clone());
    world
        .lanes
        .run(&super::lane(id), async move {
            let made = bring_up(&shared, &session).await;
            match made {
                Ok(()) => Ok(()),
                Err(error) => {
                    give_up(&shared, &session, &error).await?;
                    Err(error)
                }
            }
        })
        .await?
}

async fn bring_up(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    if session.phase != Phase::Reserved {
        // Killed meanwhile.
        return Ok(());
    }
    let request = Request::of_supervisor();
    let project = projects::load(world, session.project.as_str()).await?;
    let file = world.paths.waiting_file(id);
    let read = file.clone();
    let order = super::prepare::blocking(move || Order::load(read)).await?;
    let surroundings = Surroundings { path: order.path, env: order.env };
    world.reload_catalog();
    let before = serde_json::from_str::<Chosen>(&session.choice).ok();
    let asked = crate::wire::session::AgentChoice::default();
    let path = surroundings.path(world).to_owned();
    let chosen = super::choose(world, &asked, before.as_ref(), &project, &path)?;
    let base = order.base.as_deref();
    // Notices are for who asks; this one has gone. They are in the event, too.
    super::prepare(world, &request, &project, id, base, &surroundings).await?;
    let launching = Launching::new(&chosen, surroundings, Conversation::New);
    super::launch(world, &request, &project, id, launching).await?;
    forget_order(world, id);
    Ok(())
}

/// Takes back what was made and keeps the session as failed, with the words of what went wrong.
async fn give_up(
    world: &Arc<World>,
    id: &SessionId,
    error: &ServiceError,
) -> Result<(), ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    super::end_tree(world, &session).await?;
    if let Err(kept) = super::prepare::remove_worktree(world, &session).await {
        tracing::warn!(session = %id, %kept, "the worktree of a failed start is kept");
    }
    let step = match error {
        ServiceError::Launch { step, .. } => super::prepare::named(step),
        _ => Step::Plan,
    };
    let reason = EndReason::Failed { step, error: error.to_string() };
    let origin = Origin { request_id: None, now: world.now() };
    change_phase(world, origin, id, PhaseEvent::Gone(reason)).await?;
    forget_order(world, id);
    Ok(())
}

/// At start: a session whose turn had come when the supervisor ended waits again, once what was
/// made of it is taken back. Returns false for one that never waited, or of which something stays.
pub(super) async fn back_in_line(
    world: &Arc<World>,
    session: &Session,
) -> Result<bool, ServiceError> {
    if !world.paths.waiting_file(&session.id).exists() {
        return Ok(false);
    }
    super::end_tree(world, session).await?;
    if let Err(kept) = super::prepare::remove_worktree(world, session).await {
        tracing::warn!(session = %session.id, %kept, "the worktree of a start that was cut off is kept");
        return Ok(false);
    }
    let origin = Origin { request_id: None, now: world.now() };
    let id = session.id.clone();
    let again = move |change: &crate::store::Change<'_>| {
        rows::wait_again(change, &id, &Full::Waiting { ahead: 0 })
    };
    world.store.write(origin, again).await?;
    world.queue.wake();
    Ok(true)
}

/// The order is carried out, or void.
pub(super) fn forget_order(world: &World, id: &SessionId) {
    // One that stays behind is not read again: the session does not wait.
    let _ = std::fs::remove_file(world.paths.waiting_file(id));
}
