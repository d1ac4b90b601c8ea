//! Reuses the live orchestrator of a project, starts it, or relaunches it.

use std::sync::Arc;

use crate::model::ids::SessionId;
use crate::model::names::orchestrator_id;
use crate::model::rights::{Target, Verb};
use crate::model::session::{Ensure, Kind, Phase};
use crate::services::sessions::{self, Chosen, Surroundings};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::StoreError;
use crate::store::projects::Project;
use crate::store::sessions::{New, Session, reserve};
use crate::wire::orchestrator::{EnsureOrchestrator, OrchestratorAnswer};

use super::flight::{Pilot, Seat};
use super::relaunch::{Mode, relaunch};
use super::{Done, Outcome};

/// One launch that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) project: Project,
    pub(super) id: SessionId,
    pub(super) ensure: EnsureOrchestrator,
    pub(super) surroundings: Surroundings,
}

/// Does what `ensure` asks for. Relaunches of the same project at the same time are one.
pub async fn ensure(
    world: &Arc<World>,
    request: &Request,
    ensure: EnsureOrchestrator,
) -> Result<OrchestratorAnswer, ServiceError> {
    let project = projects::load(world, &ensure.project).await?;
    let mode = Mode::of(&ensure)?;
    let id = orchestrator_id(&project.prefix)?;
    let known = find(world, &id).await?;
    let target = Target {
        project: Some(&project.id),
        session: Some((&id, Kind::Orchestrator)),
        author: None,
    };
    request.allow(world, Verb::Manage, target).await?;
    world.reload_catalog();
    let surroundings = Surroundings { path: ensure.path.clone(), env: ensure.env.clone() };
    let order = Order { project, id: id.clone(), ensure, surroundings };
    let done = match mode {
        None => start(world, request, order).await?,
        Some(mode) => {
            // What cannot be launched must not cost the one that lives.
            choose(world, &order, known.as_ref())?;
            sessions::check_rules(&order.project).await?;
            match world.flights.board(&order.project.id) {
                Seat::Pilot(pilot) => in_lane(world, request, order, Some((mode, pilot))).await?,
                Seat::Passenger(landing) => {
                    landing.wait().await.map_err(ServiceError::Joined)?;
                    Outcome::Relaunched.into()
                }
            }
        }
    };
    let session = sessions::view_of(world, id.as_str()).await?;
    Ok(OrchestratorAnswer {
        orchestrator: Some(session.id.clone()),
        session,
        outcome: done.outcome.as_str().to_owned(),
        notices: done.notices,
    })
}

/// Reuses a live one without entering its lane; else goes there and looks again.
async fn start(world: &Arc<World>, request: &Request, order: Order) -> Result<Done, ServiceError> {
    if is_live(find(world, &order.id).await?.as_ref()) {
        return Ok(Outcome::Reused.into());
    }
    in_lane(world, request, order, None).await
}

/// The pilot goes along: the flight lands when the work is done, also when the caller hangs up.
async fn in_lane(
    world: &Arc<World>,
    request: &Request,
    order: Order,
    relaunch: Option<(Mode, Pilot)>,
) -> Result<Done, ServiceError> {
    let (shared, asked) = (world.clone(), request.clone());
    let lane = sessions::lane(&order.id);
    world
        .lanes
        .run(&lane, async move {
            let (mode, pilot) = relaunch.unzip();
            let done = in_turn(&shared, &asked, &order, mode).await;
            if let Some(pilot) = pilot {
                pilot.land(done.as_ref().map(|_| ()).map_err(ToString::to_string));
            }
            done
        })
        .await?
}

async fn in_turn(
    world: &Arc<World>,
    request: &Request,
    order: &Order,
    mode: Option<Mode>,
) -> Result<Done, ServiceError> {
    let known = find(world, &order.id).await?;
    let phase = known.as_ref().map(|session| &session.phase);
    match (crate::model::session::ensure(phase, mode.is_some()), known) {
        (Ensure::First, _) | (_, None) => first(world, request, order).await,
        (Ensure::Reuse, _) => Ok(Outcome::Reused.into()),
        (Ensure::Launch | Ensure::Replace, Some(session)) => {
            relaunch(world, request, order, session, mode.unwrap_or(Mode::Resume)).await
        }
    }
}

/// The project's first orchestrator: row, worktree, agent; undone when a step fails.
async fn first(world: &Arc<World>, request: &Request, order: &Order) -> Result<Done, ServiceError> {
    let chosen = choose(world, order, None)?;
    let new = New {
        id: order.id.clone(),
        project: order.project.id.clone(),
        kind: Kind::Orchestrator,
        label: None,
        issue: None,
        spawned_by: request.caller.name().to_owned(),
        deliver: crate::model::message::Policy::Immediate.as_str().to_owned(),
        agent: chosen.agent.clone(),
        choice: sessions::choice_json(&chosen),
        prompt: None,
        branch: Kind::Orchestrator.branch(&order.id),
        worktree: world.paths.worktree(&order.project.id, &order.id).display().to_string(),
        nonce: crate::workspace::new_nonce()?,
        one_shot: None,
    };
    let origin = request.origin(world.now());
    world.store.write(origin, move |change| reserve(change, &new)).await?;
    let made = async {
        let surroundings = order.surroundings.clone();
        let mut notices =
            sessions::prepare(world, request, &order.project, &order.id, None, &surroundings)
                .await?;
        let conversation = sessions::Conversation::New;
        let launch = sessions::Launching::new(&chosen, surroundings, conversation);
        notices.extend(sessions::launch(world, request, &order.project, &order.id, launch).await?);
        Ok(notices)
    };
    match made.await {
        Ok(notices) => Ok(Done { outcome: Outcome::Started, notices }),
        Err(error) => {
            sessions::undo(world, request, &order.id, &error).await?;
            Err(error)
        }
    }
}

/// Which agent: what is asked for, what it ran before, the project's, the configuration's.
pub(super) fn choose(
    world: &World,
    order: &Order,
    before: Option<&Session>,
) -> Result<Chosen, ServiceError> {
    let before = before.and_then(|session| serde_json::from_str::<Chosen>(&session.choice).ok());
    let path = order.surroundings.path(world);
    sessions::choose(world, &order.ensure.choice, before.as_ref(), &order.project, path)
}

async fn find(world: &World, id: &SessionId) -> Result<Option<Session>, ServiceError> {
    let wanted = id.to_string();
    let found: Result<_, StoreError> =
        world.store.read(move |db| crate::store::sessions::find(db, &wanted)).await;
    Ok(found?)
}

fn is_live(session: Option<&Session>) -> bool {
    session.is_some_and(|session| matches!(session.phase, Phase::Live))
}
