//! One attempt to hand a message to its recipient, by whichever channel.

use crate::model::ids::Timestamp;
use crate::model::message::{self, Attempt, State, after_attempt, retry_delay_ms};
use crate::services::{ServiceError, World, secret};
use crate::store::Origin;
use crate::store::messages::{self, Message, NewState};
use crate::store::sessions::Session;

use super::boundary::WORD_MS;
use super::channels::Channel;
use super::dispatch::change;

/// Journals the intent, hands the message over, journals what came of it. Returns what came of it;
/// nothing when it was taken back, goes by another channel, or was shown as a prompt this very
/// moment.
pub async fn deliver<C: Channel>(
    world: &World,
    session: &Session,
    message: &Message,
    channel: &mut C,
) -> Result<Option<Attempt>, ServiceError> {
    if !begin::<C>(world, session, message).await? {
        return Ok(None);
    }
    let attempt = channel.hand_over(world, session, message).await?;
    settle(world, message, attempt).await?;
    Ok(Some(attempt))
}

/// The intent, unless another channel has the message meanwhile.
async fn begin<C: Channel>(
    world: &World,
    session: &Session,
    message: &Message,
) -> Result<bool, ServiceError> {
    let intent = NewState {
        attempts: Some(message.attempts + 1),
        generation: Some(Some(session.generation)),
        channel: Some(C::KIND),
        ..NewState::plain(State::Delivering)
    };
    let id = message.id.to_string();
    let origin = Origin { request_id: None, now: world.now() };
    let begun = world.store.write(origin, move |change| {
        let Some(message) = messages::find(change.db(), &id)? else { return Ok(false) };
        let may = may_begin(&message, C::KIND);
        if may {
            messages::set_state(change, &message, &intent)?;
        }
        Ok(may)
    });
    Ok(begun.await?)
}

/// An attempt that was cut off may be made anew by the same channel, and by no other.
fn may_begin(message: &Message, channel: message::Channel) -> bool {
    match message.state {
        State::Queued(_) => true,
        State::Delivering => message.channel.is_none_or(|begun| begun == channel),
        _ => false,
    }
}

async fn settle(world: &World, message: &Message, attempt: Attempt) -> Result<(), ServiceError> {
    let pause = retry_delay_ms(message.attempts + 1, secret::jitter());
    let pause = match attempt {
        Attempt::Offered => WORD_MS,
        _ => i64::try_from(pause).unwrap_or(i64::MAX),
    };
    let until = Timestamp(world.now().0.saturating_add(pause));
    let state = after_attempt(attempt, message.state == State::Delivering);
    let outcome = NewState {
        not_before: matches!(state, State::Queued(_) | State::Delivering).then_some(until),
        generation: match attempt {
            // Nothing of it is in the terminal.
            Attempt::Held(_) => Some(None),
            Attempt::Unreachable => Some(message.generation),
            _ => None,
        },
        ..NewState::plain(state)
    };
    change(world, message, outcome).await?;
    Ok(())
}
