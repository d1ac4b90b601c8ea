//! Mail for an agent that has just called a hook at a moment of its turn: goes with the answer.
//! Called where hooks' events are taken in.

use crate::model::ids::Timestamp;
use crate::model::message::{
    Attempt, Begun, Boundary, Channel as Way, Head, Recipient, State, at_boundary,
};
use crate::services::{ServiceError, World, reports, secret};
use crate::store::messages::{self, Message, NewState};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError, notices};

use super::channels::{Channel, HookAnswer};
use super::dispatch::change;

/// A hook says what became of its answer within a fraction of a second, or keeps its word in the
/// spool. After this time, in milliseconds, nobody knows.
pub(super) const WORD_MS: i64 = 15_000;

/// Takes the first message of the queue for the answer to `event`, if it goes there: its intent,
/// in the transaction of the event.
pub fn claim(
    change: &Change<'_>,
    session: &Session,
    boundary: Boundary,
    event: Option<&str>,
) -> Result<Option<Message>, StoreError> {
    let id = session.id.as_str();
    let Some(message) = messages::head(change.db(), id)? else { return Ok(None) };
    let written = messages::unreceipted(change.db(), id, session.generation)?;
    let recipient = Recipient {
        phase: &session.phase,
        kind: session.kind,
        generation: session.generation,
        activity: session.activity.as_ref(),
        hooks: true,
        listens: false,
        limited_until: session.limited_until,
        unreceipted: written.first().and_then(|written| written.written_at),
    };
    // Part of it may be in the composer: then it goes on there.
    let untouched = message.generation != Some(session.generation);
    if !untouched || !at_boundary(head(&message), &recipient, boundary, change.now()) {
        return Ok(None);
    }
    let Some(message) = reports::look(change, message, secret::message_id())? else {
        return Ok(None);
    };
    let intent = NewState {
        attempts: Some(message.attempts + 1),
        not_before: Some(Timestamp(change.now().0 + WORD_MS)),
        generation: Some(Some(session.generation)),
        channel: Some(Way::Hook),
        ..NewState::plain(State::Delivering)
    };
    messages::set_state(change, &message, &intent)?;
    messages::set_hook_event(change, &message, event)?;
    Ok(Some(message))
}

/// The message as the law looks at it.
pub(super) fn head(message: &Message) -> Head {
    let channel = message.channel.unwrap_or(Way::Terminal);
    let begun = message.generation.map(|generation| Begun { generation, channel });
    Head {
        policy: message.policy,
        not_before: message.not_before,
        deadline: message.deadline,
        begun: begun.filter(|_| message.state == State::Delivering),
    }
}

/// The text of a claimed message for the hook's answer. One that cannot be told goes back into the
/// queue: nobody has it.
pub async fn hand_over(
    world: &World,
    session: &Session,
    message: &Message,
) -> Result<Option<String>, ServiceError> {
    let mut answer = HookAnswer::default();
    match answer.hand_over(world, session, message).await {
        Ok(Attempt::Offered) => Ok(answer.text),
        outcome => {
            let queued =
                NewState { generation: Some(None), ..NewState::plain(State::Queued(None)) };
            change(world, message, queued).await?;
            outcome.map(|_| None)
        }
    }
}

/// The hook has given its agent the text.
pub fn handed(change: &Change<'_>, session: &Session, id: &str) -> Result<bool, StoreError> {
    let Some(message) = messages::find(change.db(), id)? else { return Ok(false) };
    let carried = message.channel == Some(Way::Hook)
        && message.recipient == session.id
        && message.generation == Some(session.generation)
        && message.state == State::Delivering;
    if carried {
        messages::set_state(change, &message, &NewState::plain(State::Written))?;
    }
    Ok(carried)
}

/// The hook kept this event because no answer came in time: what was to go with the answer has not
/// reached the agent, and waits again.
pub fn not_handed(change: &Change<'_>, session: &Session, event: &str) -> Result<(), StoreError> {
    let Some(message) = messages::head(change.db(), session.id.as_str())? else { return Ok(()) };
    let carried = message.state == State::Delivering
        && message.channel == Some(Way::Hook)
        && message.hook_event.as_deref() == Some(event);
    if !carried {
        return Ok(());
    }
    let queued = NewState {
        generation: Some(None),
        not_before: Some(change.now()),
        ..NewState::plain(State::Queued(None))
    };
    messages::set_state(change, &message, &queued)?;
    messages::set_hook_event(change, &message, None)?;
    notices::set_withheld(change, &message.id, message.attempts)
}
