//! Lets two agents go on.

use serde_json::json;

use crate::model::ids::SessionId;
use crate::model::message::State;
use crate::services::{Request, ServiceError, World};
use crate::store::messages::{self, Message, NewState};
use crate::store::{Change, Origin};

/// A person has written to `recipient`: whatever was held of it or for it goes on.
pub async fn spoken_to(
    world: &World,
    request: &Request,
    recipient: &SessionId,
) -> Result<(), ServiceError> {
    if request.caller.member().is_some() {
        return Ok(());
    }
    let id = recipient.to_string();
    let of_it = move |m: &Message| m.sender == id || m.recipient.as_str() == id;
    release(world, request.origin(world.now()), "person", of_it).await
}

/// Releases the held messages that `which` picks, and wakes whoever they are for. `why` is
/// `person`, `commit` or `over`.
pub(super) async fn release(
    world: &World,
    origin: Origin,
    why: &'static str,
    which: impl Fn(&Message) -> bool + Send + 'static,
) -> Result<(), ServiceError> {
    if world.store.read(messages::stopped).await?.is_empty() {
        return Ok(());
    }
    let released = move |change: &Change<'_>| {
        let mut held = messages::stopped(change.db())?;
        held.retain(which);
        for message in &held {
            messages::set_state(change, message, &NewState::plain(State::Queued(None)))?;
        }
        if let Some(first) = held.first() {
            let data = json!({
                "between": [first.sender, first.recipient],
                "messages": held.len(),
                "why": why,
            });
            let session = Some(first.sender.as_str());
            change.record("noise.released", Some(&first.project), session, &data)?;
        }
        Ok(held)
    };
    for message in world.store.write(origin, released).await? {
        world.dispatch.wake(world, &message.recipient);
    }
    Ok(())
}
