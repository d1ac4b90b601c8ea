//! A message that was being written when the supervisor, or its connection to the host, was cut
//! off, and that nobody can go on with: the ledger of its host tells how far it got.

use crate::host::ledger::{self, Outcome};
use crate::model::message::{Channel, Left, State, after_cut_off};
use crate::services::{ServiceError, World, agents};
use crate::store::messages::{Message, NewState};
use crate::store::sessions::Session;

use super::dispatch::change;

/// Reads the ledger of the launch that the message was begun on, and says what came of it. What
/// was not typed waits in the queue as before.
pub(super) async fn recover(
    world: &World,
    session: &Session,
    message: &Message,
) -> Result<(), ServiceError> {
    if message.channel == Some(Channel::Side) && message.generation == Some(session.generation) {
        world.listeners.deafen(session);
    }
    let left = left(world, session, message).await;
    let host_lives = message.generation == Some(session.generation) && !session.phase.is_over();
    let receipts = agents::speaks_by_hooks(&world.catalog(), session);
    let state = after_cut_off(left, host_lives, receipts);
    let generation = matches!(state, State::Queued(_)).then_some(None);
    change(world, message, NewState { generation, ..NewState::plain(state) }).await?;
    Ok(())
}

/// A ledger that cannot be read says nothing.
async fn left(world: &World, session: &Session, message: &Message) -> Left {
    if matches!(message.channel, Some(Channel::Hook | Channel::Side)) {
        // No hook has said what became of it.
        return Left::Unknown;
    }
    let Some(generation) = message.generation else { return Left::Unknown };
    let dir = world.paths.generation_dir(&session.id, generation);
    let known = match tokio::task::spawn_blocking(move || ledger::read(&dir)).await {
        Ok(Ok(known)) => known,
        Ok(Err(error)) => {
            tracing::warn!(message = %message.id, %error, "failed to ask the ledger of its host");
            return Left::Unknown;
        }
        Err(_) => return Left::Unknown,
    };
    match known.get(&message.id).map(|entry| entry.outcome) {
        None | Some(Outcome::Void) => Left::Nothing,
        Some(Outcome::Pasted) => Left::Pasted,
        Some(Outcome::Written(_)) => Left::Written,
        Some(Outcome::Intent | Outcome::Uncertain) => Left::Unknown,
    }
}
