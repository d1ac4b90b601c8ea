//! Sends a message again that came to nothing: as a new one, from the same sender.

use crate::model::message::State;
use crate::model::session::Kind;
use crate::services::{Request, ServiceError, World, ping_pong, secret, sessions};
use crate::store::messages::{Limits, New};
use crate::wire::message::MessageAnswer;

/// Accepts a copy of a message that is dead, expired, cancelled or uncertain. Whoever retries an
/// uncertain one takes it on themselves that it may arrive twice.
pub async fn retry(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<MessageAnswer, ServiceError> {
    let message = super::find::load(world, id).await?;
    super::find::allow_change(world, request, &message).await?;
    match message.state {
        State::Dead(_) | State::Expired | State::Cancelled | State::Uncertain(_) => {}
        state => {
            let (word, _) = state.words();
            let text = format!("{id} is {word}: there is nothing to send again");
            return Err(ServiceError::Usage(text));
        }
    }
    let recipient = sessions::load(world, message.recipient.as_str()).await?;
    if recipient.kind == Kind::Worker
        && let Some(reason) = recipient.phase.end_reason()
    {
        let reason = reason.to_string();
        return Err(ServiceError::Ended { id: recipient.id.to_string(), reason });
    }
    let limits = Limits { queue: Some(world.settings.limits.queue), rates: None };
    let new = New {
        id: secret::message_id(),
        sender: message.sender,
        recipient: message.recipient,
        project: message.project,
        body: message.body,
        policy: message.policy,
        interrupt: false,
        reply_to: None,
        key: request.idempotency("retry", id),
        deadline: None,
        limits,
    };
    let guard = ping_pong::look(world, request, &recipient).await?;
    let accepted =
        super::send::accept(world, request.origin(world.now()), new, Some(guard)).await?;
    Ok(MessageAnswer { message: super::view(&accepted, false) })
}
