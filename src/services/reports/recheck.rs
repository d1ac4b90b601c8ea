//! Right before a message made of reports is written: does each still hold, and what has come in
//! since that can go with it? Called by the actor that delivers.

use crate::model::ids::MessageId;
use crate::model::message::{Attempt, Dead, Policy, State};
use crate::services::{ServiceError, World, secret};
use crate::store::messages::{self, Message, NewState, Words};
use crate::store::notices::{self, Notice};
use crate::store::{Change, Origin, StoreError};

use super::flush::accept;
use super::gather::gather;

/// The message as it is to be written now; any other message comes back as it was. Nothing when it
/// is not to be written: nothing in it holds, or another message has taken its place.
pub async fn recheck(world: &World, message: &Message) -> Result<Option<Message>, ServiceError> {
    let origin = Origin { request_id: None, now: world.now() };
    let (asked, id) = (message.clone(), secret::message_id());
    Ok(world.store.write(origin, move |change| look(change, asked, id)).await?)
}

/// In the transaction; `fresh` is the id of the message that takes its place, if one must.
pub(in crate::services) fn look(
    change: &Change<'_>,
    message: Message,
    fresh: MessageId,
) -> Result<Option<Message>, StoreError> {
    let attached = notices::of_message(change.db(), message.id.as_str())?;
    if attached.is_empty() {
        return Ok(Some(message));
    }
    let Some(message) = messages::find(change.db(), message.id.as_str())? else { return Ok(None) };
    if !may_change(&message, &attached) {
        notices::set_told(change, &message.id)?;
        return Ok(Some(message));
    }
    let waiting = notices::waiting(change.db(), message.recipient.as_str())?;
    // What an inbox holds is told there, what is typed is told by typing.
    let inbox = message.policy == Policy::OnDemand;
    let riders = waiting.into_iter().filter(|notice| {
        notice.not_before <= change.now() && (notice.policy == Policy::OnDemand) == inbox
    });
    let mut found = attached;
    found.extend(riders);
    found.sort_by_key(|notice| notice.seq);
    let gathered = gather(change, found)?;
    let Some(words) = gathered.words else {
        messages::set_state(change, &message, &NewState::plain(State::Dead(Dead::Outdated)))?;
        return Ok(None);
    };
    say(change, message, &gathered.notices, words, fresh)
}

/// Whether nothing of the message can have been typed. Every attempt must be known to have been
/// withheld; one without an outcome may have been written.
fn may_change(message: &Message, attached: &[Notice]) -> bool {
    matches!(message.state, State::Queued(_))
        && attached.iter().all(|notice| notice.withheld >= message.attempts)
}

/// Has the message say `words`. A host knows the ids of messages that it was handed with their
/// text, so after an attempt other words need another message.
fn say(
    change: &Change<'_>,
    message: Message,
    told: &[Notice],
    words: Words,
    fresh: MessageId,
) -> Result<Option<Message>, StoreError> {
    let same = message.body == words.body
        && message.sender == words.sender
        && message.policy == words.policy;
    let place = match told.first() {
        Some(first) if !same && message.attempts > 0 => {
            let outdated = NewState::plain(State::Dead(Dead::Outdated));
            messages::set_state(change, &message, &outdated)?;
            accept(change, fresh, first, words)?.id
        }
        _ => {
            if !same {
                messages::rewrite(change, &message, &words)?;
            }
            message.id.clone()
        }
    };
    let withheld = if place == message.id { message.attempts } else { 0 };
    for notice in told {
        notices::attach(change, notice, &place)?;
    }
    notices::set_withheld(change, &place, withheld)?;
    if place != message.id {
        return Ok(None);
    }
    notices::set_told(change, &place)?;
    messages::find(change.db(), place.as_str())
}

/// After an attempt: if the host said that it typed nothing, the message may still be changed.
pub async fn attempted(
    world: &World,
    message: &Message,
    attempt: Attempt,
) -> Result<(), ServiceError> {
    // After any other outcome than this it may be in the terminal, or in the composer.
    if !matches!(attempt, Attempt::Held(_)) {
        return Ok(());
    }
    let origin = Origin { request_id: None, now: world.now() };
    let (id, attempts) = (message.id.clone(), message.attempts + 1);
    let noted = move |change: &Change<'_>| notices::set_withheld(change, &id, attempts);
    Ok(world.store.write(origin, noted).await?)
}
