//! Follows a live session's host: the end of its agent, its output going quiet and coming back.

use std::sync::Arc;
use std::time::Duration;

use crate::agents::Ready;
use crate::host::{Exit, HostClient, HostEvent, Shown, read_screen};
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
    let mut title = Activity::Unknown;
    while let Some(event) = events.recv().await {
        match event {
            HostEvent::Exited(exit) => return Some(exit),
            HostEvent::OutputQuiet => {
                note(world, &session, Activity::Idle, ActivitySource::Output).await;
                if let Some(shown) = screen_says(world, &session, &client).await {
                    note(world, &session, shown, ActivitySource::Screen).await;
                }
                world.dispatch.try_again(id);
            }
            HostEvent::OutputResumed => {
                note(world, &session, Activity::Working, ActivitySource::Output).await;
            }
            // A spinner in it changes ten times a second.
            HostEvent::Title(text) => {
                let says = title_says(world, &session, &text);
                if std::mem::replace(&mut title, says) != says {
                    note(world, &session, says, ActivitySource::Title).await;
                }
            }
            HostEvent::Refused(refused) => super::refused::record(world, &session, refused).await,
            HostEvent::HumanInput => world.dispatch.wake(world, id),
            _ => {}
        }
    }
    None
}

/// What the agent's screen says when its output has gone quiet, where the manifest's rules know it
/// and the screen is asked.
async fn screen_says(
    world: &Arc<World>,
    session: &Session,
    client: &HostClient,
) -> Option<Activity> {
    let now = super::load(world, session.id.as_str()).await.ok()?;
    let catalog = world.catalog();
    let manifest = catalog.get(&session.agent).ok()?;
    let by_screen = manifest.ready == Ready::Screen || agents::is_found_again(&now);
    let busy_is_known = !manifest.inject.busy.is_empty();
    if !now.activity.map_or(by_screen, |fact| fact.asks_the_screen(by_screen, busy_is_known)) {
        return None;
    }
    let rules = agents::rules(&manifest.inject);
    match read_screen(&rules, &client.snapshot(false, 0).await.ok()?.lines) {
        // What an interrupted turn leaves in the composer does not make it work.
        Shown::Idle | Shown::Draft | Shown::Ready => Some(Activity::Idle),
        // One that no hook has told of: trust in a folder, an offer.
        Shown::Dialog(_) if !asks(now.activity) => Some(Activity::NeedsPermission),
        Shown::Dialog(_) | Shown::Busy | Shown::Unknown => None,
    }
}

fn asks(fact: Option<ActivityFact>) -> bool {
    fact.is_some_and(|fact| {
        matches!(fact.activity, Activity::NeedsPermission | Activity::NeedsInput)
    })
}

fn title_says(world: &World, session: &Session, title: &str) -> Activity {
    let catalog = world.catalog();
    let manifest = catalog.get(&session.agent);
    manifest.map_or(Activity::Unknown, |manifest| manifest.title.read(title))
}

async fn note(world: &Arc<World>, session: &Session, activity: Activity, source: ActivitySource) {
    let now = world.now();
    let fact = ActivityFact::new(activity, source, now);
    let (id, generation) = (session.id.clone(), session.generation);
    let origin = Origin { request_id: None, now };
    // Of an agent that speaks by hooks nothing else is believed, but it is kept beside.
    let inferred =
        source < ActivitySource::Screen && agents::is_told_by_hooks(&world.catalog(), session);
    let noted = world
        .store
        .write(origin, move |change| match inferred {
            true => sessions::set_signal(change, &id, generation, &fact).map(|()| false),
            false => sessions::set_activity(change, &id, generation, &fact),
        })
        .await;
    match noted {
        Ok(true) => world.dispatch.wake(world, &session.id),
        Ok(false) => {}
        Err(error) => tracing::warn!(session = %session.id, %error, "failed to note an activity"),
    }
}
