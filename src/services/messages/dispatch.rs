//! One actor per recipient: takes its messages in order of acceptance and asks the law what to do
//! with the first one. It sleeps until it is woken or the law's own deadline comes, and goes when
//! nothing waits any more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;

use crate::model::ids::{SessionId, Timestamp};
use crate::model::message::{
    Channel, Held, Interrupt, Next, Recipient, State, Uncertain, next, receipt_due,
};
use crate::services::{ServiceError, World, agents, reports};
use crate::store::Origin;
use crate::store::messages::{self, Message, NewState};
use crate::store::sessions::{self, Session};
use crate::wire::message::SideMessage;

use super::channels::{Side, Terminal};
use super::deliver::deliver;

/// Pause after the store failed: no message is given up for that.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// The actors, by recipient.
#[derive(Default)]
pub struct Dispatch {
    actors: Mutex<HashMap<SessionId, Arc<Actor>>>,
}

#[derive(Default)]
struct Actor {
    wake: Notify,
    /// Whether the pause after an attempt that came to nothing is over early.
    at_once: AtomicBool,
}

/// What an actor does after a turn.
pub(super) enum Turn {
    /// Look again at once.
    Again,
    /// Wait for a wake-up, or until the moment.
    Wait(Option<Timestamp>),
    /// Nothing is left.
    Done,
}

impl Dispatch {
    /// Something changed for `recipient`: a message was accepted, its agent's activity or its
    /// phase changed.
    pub fn wake(&self, world: &World, recipient: &SessionId) {
        let mut actors = self.actors.lock().expect("no actor panics while it holds the map");
        if let Some(actor) = actors.get(recipient) {
            actor.wake.notify_one();
            return;
        }
        let Some(world) = world.shared() else { return };
        let actor = Arc::new(Actor::default());
        actors.insert(recipient.clone(), actor.clone());
        tokio::spawn(act(world, recipient.clone(), actor));
    }

    /// Its screen has changed and come to rest: what the host held for something on it is tried
    /// again without waiting any longer.
    pub fn try_again(&self, recipient: &SessionId) {
        let actors = self.actors.lock().expect("no actor panics while it holds the map");
        if let Some(actor) = actors.get(recipient) {
            actor.at_once.store(true, Ordering::Relaxed);
            actor.wake.notify_one();
        }
    }

    /// Removes the actor, unless it has been woken meanwhile.
    fn leave(&self, recipient: &SessionId, actor: &Actor) -> bool {
        use futures_util::FutureExt;
        let mut actors = self.actors.lock().expect("no actor panics while it holds the map");
        if actor.wake.notified().now_or_never().is_some() {
            return false;
        }
        actors.remove(recipient);
        true
    }
}

async fn act(world: Arc<World>, recipient: SessionId, actor: Arc<Actor>) {
    loop {
        let until = match turn(&world, &recipient, &actor).await {
            Ok(Turn::Again) => continue,
            Ok(Turn::Done) if world.dispatch.leave(&recipient, &actor) => return,
            Ok(Turn::Done) => continue,
            Ok(Turn::Wait(until)) => until.map(|at| Duration::from_millis(at.since(world.now()))),
            Err(error) => {
                tracing::warn!(%recipient, %error, "failed to deliver, trying again");
                Some(AFTER_ERROR)
            }
        };
        match until {
            // Waking early is harmless: the law is asked again.
            Some(pause) => drop(tokio::time::timeout(pause, actor.wake.notified()).await),
            None => actor.wake.notified().await,
        }
    }
}

async fn turn(world: &World, recipient: &SessionId, actor: &Actor) -> Result<Turn, ServiceError> {
    let id = recipient.to_string();
    let (head, session) = world
        .store
        .read(move |db| Ok((messages::head(db, &id)?, sessions::find(db, &id)?)))
        .await?;
    let Some(session) = session else { return Ok(Turn::Done) };
    let hooks = agents::speaks_by_hooks(&world.catalog(), &session);
    let unreceipted = if hooks { first_unreceipted(world, &session).await? } else { None };
    let Some(message) = head else { return await_receipt(world, unreceipted).await };
    if session.one_shot.is_some() {
        // Nobody reads what would be typed. What waits is settled at its end.
        return Ok(Turn::Wait(None));
    }
    let listener = listener(world, &session, &message);
    let facts = Recipient {
        phase: &session.phase,
        kind: session.kind,
        generation: session.generation,
        activity: session.activity.as_ref(),
        hooks,
        listens: listener.is_some(),
        limited_until: session.limited_until,
        unreceipted: unreceipted.as_ref().and_then(|written| written.written_at),
    };
    let mut head = super::boundary::head(&message);
    // The screen says nothing about what goes by a hook.
    let typed = head.begun.is_none_or(|begun| begun.channel == Channel::Terminal);
    if actor.at_once.swap(false, Ordering::Relaxed) && typed {
        head.not_before = Timestamp(0);
    }
    match next(head, &facts, world.now()) {
        Next::Deliver => {
            if let Some(message) = reports::recheck(world, &message).await?
                && let Some(attempt) = match listener {
                    Some(listener) => {
                        deliver(world, &session, &message, &mut Side { listener }).await?
                    }
                    None => deliver(world, &session, &message, &mut Terminal).await?,
                }
            {
                reports::attempted(world, &message, attempt).await?;
            }
            Ok(Turn::Again)
        }
        Next::Hold(why, until) => {
            if why == Held::AgentBusy
                && until.is_none_or(|until| message.deadline == Some(until))
                && let Some(turn) = super::interrupt::interrupt(world, &session).await?
            {
                return Ok(turn);
            }
            // A reason that the host gave is more exact than the pause after it; and what may have
            // been written already is not called queued.
            let paused = until == Some(message.not_before);
            if !paused && head.begun.is_none() {
                change(world, &message, NewState::plain(State::Queued(Some(why)))).await?;
            }
            Ok(Turn::Wait(until))
        }
        Next::Kill(why) => {
            change(world, &message, NewState::plain(State::Dead(why))).await?;
            Ok(Turn::Again)
        }
        Next::Expire => {
            super::expire::expire(world, &message).await?;
            Ok(Turn::Again)
        }
        Next::Doubt => {
            super::recover::recover(world, &session, &message).await?;
            Ok(Turn::Again)
        }
        Next::GiveUpReceipt => match unreceipted {
            Some(written) => give_up_receipt(world, &written).await,
            None => Ok(Turn::Again),
        },
    }
}

/// Nothing waits any more: what was written last may still be without a receipt.
async fn await_receipt(world: &World, written: Option<Message>) -> Result<Turn, ServiceError> {
    let Some(written) = written else { return Ok(Turn::Done) };
    let due = receipt_due(written.written_at.unwrap_or(written.accepted_at));
    if world.now() < due {
        return Ok(Turn::Wait(Some(due)));
    }
    give_up_receipt(world, &written).await
}

async fn give_up_receipt(world: &World, written: &Message) -> Result<Turn, ServiceError> {
    change(world, written, NewState::plain(State::Uncertain(Uncertain::NoReceipt))).await?;
    Ok(Turn::Again)
}

/// Where the agent listens for this message. What may be in the terminal already stays there; and
/// to stop a turn first, the agent must not be told before.
fn listener(world: &World, session: &Session, message: &Message) -> Option<Sender<SideMessage>> {
    let begun = message.generation == Some(session.generation);
    let interrupts = message.interrupt == Some(Interrupt::Wanted);
    if begun || interrupts || session.untried_version.is_some() {
        None
    } else {
        world.listeners.of(session)
    }
}

async fn first_unreceipted(
    world: &World,
    session: &Session,
) -> Result<Option<Message>, ServiceError> {
    let (id, generation) = (session.id.to_string(), session.generation);
    let written = world.store.read(move |db| messages::unreceipted(db, &id, generation)).await?;
    Ok(written.into_iter().next())
}

/// Changes the state of a message as it is now; a change that has been overtaken is left out, and
/// false is returned.
pub(super) async fn change(
    world: &World,
    message: &Message,
    new: NewState,
) -> Result<bool, ServiceError> {
    let id = message.id.to_string();
    let origin = Origin { request_id: None, now: world.now() };
    let changed = world
        .store
        .write(origin, move |change| {
            let Some(message) = messages::find(change.db(), &id)? else { return Ok(false) };
            let may = message.state == new.state || message.state.may_become(new.state);
            if may {
                messages::set_state(change, &message, &new)?;
            }
            Ok(may)
        })
        .await?;
    Ok(changed)
}
