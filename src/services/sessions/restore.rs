//! Starts an ended worker again: its next generation, in its worktree, going on with the agent's
//! own conversation where the agent can. The only way in which a session that was killed comes
//! back.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::rights::Verb;
use crate::model::session::{ComeBack, Kind, come_back};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::projects::Project;
use crate::store::sessions::Session;
use crate::wire::clean::{Restore, RestoreAnswer};
use crate::wire::session::AgentChoice;

use super::admit::Ask;
use super::choice::{Chosen, choose};
use super::environment::Surroundings;
use super::launch::{Conversation, Launching};

/// Starts it and returns once its agent runs; a live one is left as it is.
pub async fn restore(
    world: &Arc<World>,
    request: &Request,
    id: &str,
    restore: Restore,
) -> Result<RestoreAnswer, ServiceError> {
    let session = super::load(world, id).await?;
    request.allow(world, Verb::Manage, session.target()).await?;
    if session.kind == Kind::Orchestrator {
        let text = format!("{id} is an orchestrator: `ao orchestrator start` starts it again");
        return Err(ServiceError::Usage(text));
    }
    if session.one_shot.is_some() {
        let text = format!("{id} did one task and is over: run the task again");
        return Err(ServiceError::Usage(text));
    }
    let lane = super::lane(&session.id);
    let (shared, asked, id) = (world.clone(), request.clone(), session.id.clone());
    let work = async move {
        let body = format!("{id} {}", restore.fresh);
        // A retry that comes late must not bring back what has been ended since.
        if asked.was_done(&shared, "restore", &body).await? {
            return Ok(Done::default());
        }
        let done = in_lane(&shared, &asked, &id, restore).await?;
        asked.note_done(&shared, "restore", &body, id.as_str()).await?;
        Ok::<_, ServiceError>(done)
    };
    let done = world.lanes.run(&lane, work).await??;
    let session = super::view_of(world, session.id.as_str()).await?;
    let outcome = if done.started { "started" } else { "reused" }.to_owned();
    Ok(RestoreAnswer { session, outcome, resumed: done.resumed, notices: done.notices })
}

#[derive(Default)]
struct Done {
    started: bool,
    resumed: bool,
    notices: Vec<String>,
}

async fn in_lane(
    world: &Arc<World>,
    request: &Request,
    id: &SessionId,
    restore: Restore,
) -> Result<Done, ServiceError> {
    let session = super::load(world, id.as_str()).await?;
    match come_back(&session.phase, session.generation) {
        ComeBack::Launch => {}
        ComeBack::Reuse => return Ok(Done::default()),
        ComeBack::NotNow => {
            let phase = session.phase.as_str();
            return Err(ServiceError::NotLive { id: id.to_string(), phase });
        }
        ComeBack::Never => {
            let text = format!("{id} never came to life: spawn a new one");
            return Err(ServiceError::Usage(text));
        }
    }
    let project = projects::load(world, session.project.as_str()).await?;
    let ask = has_room(world, request, &project).await?;
    world.reload_catalog();
    let surroundings = Surroundings { path: restore.path, env: restore.env };
    // What cannot be launched changes nothing.
    let before = serde_json::from_str::<Chosen>(&session.choice).ok();
    let path = surroundings.path(world).to_owned();
    let chosen = choose(world, &AgentChoice::default(), before.as_ref(), &project, &path)?;
    let mut notices = brought_back(world, request, &project, &session).await?;
    // The records call it over; whatever is left of it would share the worktree with the new one.
    super::end_tree(world, &session).await?;
    let can = world.catalog().get(&chosen.agent).is_ok_and(crate::agents::Manifest::can_resume);
    let resumed = can && !restore.fresh && session.resumable(&chosen.agent).is_some();
    if can && !restore.fresh && !resumed {
        notices.push("it had no conversation to go on with, and begins one".to_owned());
    }
    let conversation = if restore.fresh { Conversation::New } else { Conversation::Resume };
    let surroundings = surroundings.or_last_launch(world, &session);
    let made = async {
        notices.extend(
            super::revive_worktree(world, request, &project, &session, &surroundings).await?,
        );
        let launching =
            Launching { ask: Some(ask), ..Launching::new(&chosen, surroundings, conversation) };
        notices.extend(super::launch(world, request, &project, id, launching).await?);
        Ok::<_, ServiceError>(())
    };
    if let Err(error) = made.await {
        super::fail(world, request, id, &error).await?;
        return Err(error);
    }
    Ok(Done { started: true, resumed, notices })
}

/// Refuses, before anything is touched, what the transaction of the new generation would refuse.
async fn has_room(
    world: &World,
    request: &Request,
    project: &Project,
) -> Result<Ask, ServiceError> {
    let spawner = request.caller.member().map(|member| member.id.clone());
    let ask = Ask::new(world, project, spawner).await?;
    let early = ask.clone();
    let origin = request.origin(world.now());
    match world.store.write(origin, move |change| early.check(change, None)).await? {
        Ok(()) => Ok(ask),
        Err(full) => Err(ServiceError::Full { project: project.id.to_string(), full }),
    }
}

/// The worktree, where it was removed: as it was left.
async fn brought_back(
    world: &Arc<World>,
    request: &Request,
    project: &Project,
    session: &Session,
) -> Result<Vec<String>, ServiceError> {
    let mut notices = Vec::new();
    if session.removal.is_some() {
        request.allow(world, Verb::Administer, session.target()).await?;
        let back = super::restore_work::bring_back(world, request, project, session, None).await?;
        notices.extend(back.slot.map(|_| "its worktree was brought back".to_owned()));
        notices.extend(back.notices);
    }
    Ok(notices)
}
