//! Brings back the sessions that went with the machine, or with their hosts, and that nobody ended:
//! each goes on with its own conversation and is told that it was interrupted. Called for `ao start
//! --restore`, and at the start of the supervisor for projects that are set to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::message::Policy;
use crate::model::rights::{Target, Verb};
use crate::model::session::{EndReason, Kind, is_lost};
use crate::services::{Request, ServiceError, World, messages, orchestrator, projects};
use crate::store::sessions::{self as rows, Session};
use crate::wire::clean::Restore;
use crate::wire::orchestrator::EnsureOrchestrator;
use crate::wire::project::{LeftLost, RestoreLost, RestoreLostAnswer};

/// Goes through all lost sessions of a project, its orchestrator first. One that cannot be brought
/// back, for want of room say, does not stop the others and stays as it is.
pub async fn restore_lost(
    world: &Arc<World>,
    request: &Request,
    project: &str,
    asked: RestoreLost,
) -> Result<RestoreLostAnswer, ServiceError> {
    let project = projects::load(world, project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Administer, target).await?;
    let id = project.id.to_string();
    let mut lost = world.store.read(move |db| rows::list(db, Some(&id), true)).await?;
    lost.retain(|session| {
        is_lost(&session.phase) && session.removal.is_none() && session.one_shot.is_none()
    });
    lost.sort_by_key(|session| session.kind == Kind::Worker);
    let mut answer = RestoreLostAnswer::default();
    for session in lost {
        match one(world, request, &session, (asked.path.clone(), asked.env.clone())).await {
            Ok(()) => answer.restored.push(session.id.to_string()),
            Err(error) => answer
                .left
                .push(LeftLost { session: session.id.to_string(), reason: error.to_string() }),
        }
    }
    Ok(answer)
}

/// At start, in a task of its own: for every project that is set to it.
pub fn restore_lost_at_start(world: &Arc<World>) {
    let world = world.clone();
    tokio::spawn(async move {
        let request = Request::of_supervisor();
        let all = world.store.read(crate::store::projects::list).await.unwrap_or_default();
        for project in all.into_iter().filter(|project| project.restore) {
            let asked = RestoreLost::default();
            match restore_lost(&world, &request, project.id.as_str(), asked).await {
                Ok(answer) => {
                    for left in answer.left {
                        tracing::warn!(session = left.session, left.reason, "not brought back");
                    }
                }
                Err(error) => tracing::warn!(project = %project.id, %error, "nothing brought back"),
            }
        }
    });
}

async fn one(
    world: &Arc<World>,
    request: &Request,
    session: &Session,
    (path, env): (Option<String>, BTreeMap<String, String>),
) -> Result<(), ServiceError> {
    match session.kind {
        Kind::Worker => {
            let restore = Restore { path, env, ..Restore::default() };
            super::restore(world, request, session.id.as_str(), restore).await?;
        }
        Kind::Orchestrator => {
            let project = session.project.to_string();
            let ensure = EnsureOrchestrator { project, path, env, ..EnsureOrchestrator::default() };
            orchestrator::ensure(world, request, ensure).await?;
        }
    }
    tell(world, request, session).await
}

/// The note in its inbox; typed as soon as it can take it, for nothing else wakes it.
async fn tell(world: &World, request: &Request, session: &Session) -> Result<(), ServiceError> {
    let what = match session.phase.end_reason() {
        Some(EndReason::Rebooted) => "the machine was started anew",
        _ => "its terminal's process was lost",
    };
    let ago = world.now().since(session.phase_at) / 1000;
    let text = format!(
        "This session was interrupted: {what}, which was noticed {ago} s ago. The worktree is as \
         it was left; what ran in the terminal has ended. Look at where you were, and go on."
    );
    let origin = request.origin(world.now());
    messages::note(world, origin, session, &text, Policy::Immediate).await?;
    Ok(())
}
