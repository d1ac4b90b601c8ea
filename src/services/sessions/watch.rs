//! Follows a live session's host: the end of its agent, its output going quiet and coming back.

use std::sync::Arc;
use std::time::Duration;

use crate::agents::Ready;
use crate::host::{Exit, HostClient, HostEvent, shows_idle};
use crate::model::ids::{Generation, SessionId};
use crate::model::session::{Activity, ActivityFact, ActivitySource, Phase};
use crate::services::{ServiceError, World, agents};
use crate::store::Origin;
use crate::store::sessions::{self, Session};

/// Between two looks at a host that lives but does not let itself be watched.
const RECONNECT: Duration = Duration::from_secs(2);

/// Follows the generation until it is over, in a task of its own.
pub fn watch(world: &Arc<World>, id: &SessionId, generation: Generation) {
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        loop {
            let exit = follow(&world, &id, generation).await;
            match ended(&world, &id, generation, exit).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::error!(session = %id, %error, "failed to settle an end"),
            }
            tokio::time::sleep(RECONNECT).await;
        }
    });
}

/// Puts the end into the session's lane; returns whether the generation is over.
async fn ended(
    world: &Arc<World>,
    id: &SessionId,
    generation: Generation,
    exit: Option<Exit>,
) -> Result<bool, ServiceError> {
    let (shared, session) = (world.clone(), id.clone());
    world
        .lanes
        .run(
            &super::lane(id),
            async move { super::settle(&shared, &session, generation, exit).await },
        )
        .await??;
    match super::load(world, id.as_str()).await {
        Ok(session) => {
            // Over, or between its end and the next launch.
            let over = matches!(session.phase, Phase::Ended { .. } | Phase::Preparing { .. });
            Ok(over || session.generation != generation)
        }
        Err(ServiceError::NotFound { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Takes the host's events until it goes; the exit, if it told one.
async fn follow(world: &Arc<World>, id: &SessionId, generation: Generation) -> Option<Exit> {
    let session = super::load(world, id.as_str()).await.ok()?;
    if session.generation != generation {
        return None;
    }
    let client = world.hosts.client(world, &session).await.ok()?;
    if let Some(exit) = client.hello().exited.clone() {
        return Some(exit);
    }
    let mut events = client.watch().await.ok()?;
    while let Some(event) = events.recv().await {
        match event {
            HostEvent::Exited(exit) => return Some(exit),
            HostEvent::OutputQuiet => {
                let source = quiet_source(world, &session, &client).await;
                note(world, &session, Activity::Idle, source).await;
                world.dispatch.try_again(id);
            }
            HostEvent::OutputResumed => {
                note(world, &session, Activity::Working, ActivitySource::Output).await;
            }
            HostEvent::Refused(refused) => super::refused::record(world, &session, refused).await,
            HostEvent::HumanInput => world.dispatch.wake(world, id),
            _ => {}
        }
    }
    None
}

/// By what it is known that the agent is idle when its output has gone quiet: by its screen where
/// the manifest's rules see it idle and the screen is asked, else by the quiet alone.
async fn quiet_source(
    world: &Arc<World>,
    session: &Session,
    client: &HostClient,
) -> ActivitySource {
    let now = super::load(world, session.id.as_str()).await;
    let catalog = world.catalog();
    let (Ok(now), Ok(manifest)) = (now, catalog.get(&session.agent)) else {
        return ActivitySource::Output;
    };
    let by_screen = manifest.ready == Ready::Screen;
    let busy_is_known = !manifest.inject.busy.is_empty();
    // Nothing is known of a session that was found again when the records were lost.
    if !now.activity.map_or(by_screen, |fact| fact.asks_the_screen(by_screen, busy_is_known)) {
        return ActivitySource::Output;
    }
    let rules = agents::rules(&manifest.inject);
    match client.snapshot(false, 0).await {
        Ok(shown) if shows_idle(&rules, &shown.lines) => ActivitySource::Screen,
        _ => ActivitySource::Output,
    }
}

async fn note(world: &Arc<World>, session: &Session, activity: Activity, source: ActivitySource) {
    let now = world.now();
    let fact = ActivityFact { activity, source, at: now };
    let (id, generation) = (session.id.clone(), session.generation);
    let origin = Origin { request_id: None, now };
    let noted = world
        .store
        .write(origin, move |change| sessions::set_activity(change, &id, generation, &fact))
        .await;
    match noted {
        Ok(true) => world.dispatch.wake(world, &session.id),
        Ok(false) => {}
        Err(error) => tracing::warn!(session = %session.id, %error, "failed to note an activity"),
    }
}
