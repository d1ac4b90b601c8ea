//! The supervisor about itself: health, the whole status, its end.

use std::sync::Arc;

use crate::model::ids::{ProjectId, Timestamp};
use crate::model::rights::{Target, Verb};
use crate::model::session::{EndReason, Kind};
use crate::process::is_replaced;
use crate::store::sessions::{self as rows, Session};
use crate::wire::supervisor::{ProjectStatus, StatusView, Stop, StopAnswer, SupervisorView};
use crate::wire::time::rfc3339;
use crate::wire::{PROTOCOL, project::ProjectView};

use super::warnings::warnings;
use super::{Request, ServiceError, World, projects, reaper, sessions};

/// Ended workers are shown this long, in milliseconds.
const SHOW_ENDED_MS: u64 = 24 * 60 * 60 * 1000;

/// What it is and where.
#[must_use]
pub fn health(world: &World) -> SupervisorView {
    SupervisorView {
        pid: Some(std::process::id()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        protocol: Some(PROTOCOL),
        data_dir: world.paths.data().display().to_string(),
        socket: world.paths.socket().display().to_string(),
        ready: world.readiness.is_ready(),
        taking_over: world.readiness.progress(),
        started_at: Some(rfc3339(world.started_at)),
        zellij: Some(world.panes.describe()),
    }
}

/// Itself, and every project that the caller may know of, with its sessions.
pub async fn status(world: &World, request: &Request) -> Result<StatusView, ServiceError> {
    let mut found = Vec::new();
    for project in projects::list(world, request).await?.projects {
        found.push(project_status(world, project).await?);
    }
    let warnings = match request.caller.member() {
        None => replaced(world).into_iter().chain(reaper::warnings(world)).collect(),
        Some(_) => Vec::new(),
    };
    Ok(StatusView { supervisor: health(world), projects: found, warnings })
}

/// An upgrade takes effect with the next supervisor; what this one starts is the new program.
fn replaced(world: &World) -> Option<String> {
    let path = world.ao.display();
    let own = env!("CARGO_PKG_VERSION");
    is_replaced(&world.ao).then(|| {
        format!(
            "{path} is another file than the one that this supervisor (ao {own}) was started from: \
             `ao stop`, then `ao start` goes over to it; sessions live on"
        )
    })
}

async fn project_status(
    world: &World,
    project: ProjectView,
) -> Result<ProjectStatus, ServiceError> {
    let id = project.id.clone();
    let mut all = world.store.read(move |db| rows::list(db, Some(&id), true)).await?;
    let now = world.now();
    all.retain(|session| session.kind == Kind::Orchestrator || is_shown(session, now));
    let mut workers = sessions::views(world, all).await?;
    let orchestrator = workers.iter().position(|s| s.kind == Kind::Orchestrator.as_str());
    let orchestrator_session = orchestrator.map(|index| workers.remove(index));
    let id = project.id.clone();
    let warnings = warnings(world, id).await?;
    Ok(ProjectStatus { project, orchestrator_session, workers, warnings })
}

fn is_shown(session: &Session, now: Timestamp) -> bool {
    session.ended_at.is_none_or(|ended| now.since(ended) < SHOW_ENDED_MS)
}

/// Ends the sessions where that is asked for, and says what lives on. The caller ends the process.
pub async fn stop(
    world: &Arc<World>,
    request: &Request,
    stop: Stop,
) -> Result<StopAnswer, ServiceError> {
    request.allow(world, Verb::Administer, Target::machine()).await?;
    let alive = world.store.read(rows::alive).await?;
    let mut ended = Vec::new();
    if stop.sessions {
        super::workflows::stop_all(world).await?;
        super::flows::cancel_all(world).await?;
        let ends: Vec<_> = alive
            .iter()
            .map(|session| {
                let (world, request) = (world.clone(), request.clone());
                let id = session.id.clone();
                tokio::spawn(async move { end(&world, &request, &id).await.map(|()| id) })
            })
            .collect();
        for end in ends {
            let id = end.await.map_err(|_| super::lanes::CutOff)??;
            ended.push(id.to_string());
        }
        let projects: std::collections::BTreeSet<&ProjectId> =
            alive.iter().map(|session| &session.project).collect();
        for project in projects {
            world.panes.forget(project).await;
        }
    }
    let living = alive
        .iter()
        .map(|session| session.id.to_string())
        .filter(|id| !ended.contains(id))
        .collect();
    Ok(StopAnswer { pid: std::process::id(), living, ended })
}

async fn end(
    world: &Arc<World>,
    request: &Request,
    id: &crate::model::ids::SessionId,
) -> Result<(), ServiceError> {
    let (shared, asked, session) = (world.clone(), request.clone(), id.clone());
    let reason = EndReason::Killed { by: request.ender() };
    world
        .lanes
        .run(&sessions::lane(id), async move {
            sessions::end(&shared, &asked, &session, reason, sessions::GRACE).await
        })
        .await?
}
