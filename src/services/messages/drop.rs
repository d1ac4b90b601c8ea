//! Takes a message back before it is written.

use crate::model::message::State;
use crate::services::{Request, ServiceError, World};
use crate::store::messages::{self, NewState};
use crate::wire::message::MessageAnswer;

/// Cancels the message; one that has been written, or is being written, cannot be taken back.
pub async fn drop(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<MessageAnswer, ServiceError> {
    let message = super::find::load(world, id).await?;
    super::find::allow_change(world, request, &message).await?;
    let recipient = message.recipient.clone();
    world
        .store
        .write(request.origin(world.now()), move |change| {
            let now = messages::find(change.db(), message.id.as_str())?.unwrap_or(message);
            messages::set_state(change, &now, &NewState::plain(State::Cancelled))
        })
        .await?;
    world.dispatch.wake(world, &recipient);
    Ok(MessageAnswer { message: super::view(&super::find::load(world, id).await?, false) })
}
