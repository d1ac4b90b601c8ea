//! Stops a recipient's turn for a message that asks for it, once the agent is found at work.

use crate::agents::InterruptRule;
use crate::host::{HostError, Interrupted, Interruption, RefusalCode};
use crate::model::ids::Timestamp;
use crate::model::message::Interrupt;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::services::{ServiceError, World, agents};
use crate::store::messages::{self, Message};
use crate::store::sessions::{self, Session};
use crate::store::{Origin, StoreError};

use super::channels::held;
use super::dispatch::Turn;

/// Between two tries while something is in the way, in milliseconds. What the screen or a person
/// does meanwhile is a reason to try again before.
const AGAIN_MS: i64 = 2_000;

/// Stops the turn if a message of the queue asks for it; what the actor does then, nothing if none
/// asks. A crash leaves the wish: keys are pressed only while the screen shows work.
pub(super) async fn interrupt(
    world: &World,
    session: &Session,
) -> Result<Option<Turn>, ServiceError> {
    let id = session.id.to_string();
    let Some(message) = world.store.read(move |db| messages::interrupting(db, &id)).await? else {
        return Ok(None);
    };
    let again = Some(Turn::Wait(Some(Timestamp(world.now().0 + AGAIN_MS))));
    let outcome = match ask_host(world, session).await? {
        Asked::Done(outcome) => outcome,
        Asked::Later(why) => {
            tracing::debug!(session = %session.id, ?why, "the turn cannot be stopped now");
            return Ok(again);
        }
    };
    settle(world, session, message, outcome).await?;
    Ok(Some(Turn::Again))
}

enum Asked {
    Done(Done),
    Later(&'static str),
}

struct Done {
    interrupt: Interrupt,
    /// The screen shows the agent waiting for its next prompt.
    idle: bool,
}

async fn ask_host(world: &World, session: &Session) -> Result<Asked, ServiceError> {
    let catalog = world.catalog();
    let inject = &catalog.get(&session.agent)?.inject;
    let done = |interrupt, idle| Ok(Asked::Done(Done { interrupt, idle }));
    let Some(InterruptRule { keys, empties }) = inject.interrupt.clone() else {
        // The manifest said otherwise when the message was accepted.
        return done(Interrupt::NotPossible, false);
    };
    let asked = Interruption { keys, empties, rules: agents::rules(inject) };
    let Ok(client) = world.hosts.client(world, session).await else {
        return Ok(Asked::Later("host_down"));
    };
    match client.interrupt(&asked).await {
        Ok(Interrupted::Stopped { idle }) => done(Interrupt::Stopped, idle),
        // The screen may be late.
        Ok(Interrupted::NotAtWork) => Ok(Asked::Later("not_at_work")),
        Ok(Interrupted::WorksOn) => done(Interrupt::WorksOn, false),
        Ok(Interrupted::Held { why }) => Ok(Asked::Later(held(&why).as_str())),
        // An older host, which goes on for as long as its session does.
        Err(HostError::Refused(no)) if no.code == RefusalCode::Malformed => {
            done(Interrupt::NotPossible, false)
        }
        Err(error) => {
            tracing::warn!(session = %session.id, %error, "failed to stop a turn");
            Ok(Asked::Later("host_down"))
        }
    }
}

async fn settle(
    world: &World,
    session: &Session,
    message: Message,
    done: Done,
) -> Result<(), ServiceError> {
    let now = world.now();
    let (id, generation) = (session.id.clone(), session.generation);
    let settled = world.store.write(Origin { request_id: None, now }, move |change| {
        messages::set_interrupt(change, &message, done.interrupt)?;
        if done.idle {
            // No hook tells of a turn that was stopped.
            let fact = ActivityFact::new(Activity::Idle, ActivitySource::Screen, now);
            sessions::set_activity(change, &id, generation, &fact)?;
        }
        Ok::<_, StoreError>(())
    });
    Ok(settled.await?)
}
