//! Reads the messages that wait until they are asked for.

use crate::model::message::State;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, reports};
use crate::store::messages::{self, NewState};
use crate::wire::message::MessageList;

/// The unread on-demand messages for the session `id`, with their texts. Read by the session
/// itself they become `read`; others only look.
pub async fn inbox(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<MessageList, ServiceError> {
    let session = super::recipient::resolve(world, request, id, None).await?;
    request.allow(world, Verb::ReadOutput, session.target()).await?;
    let is_own = request.caller.member().is_some_and(|member| member.id == session.id);
    let recipient = session.id.to_string();
    if is_own {
        let unread = recipient.clone();
        for message in world.store.read(move |db| messages::inbox(db, &unread)).await? {
            reports::recheck(world, &message).await?;
        }
    }
    let read = world
        .store
        .write(request.origin(world.now()), move |change| {
            let unread = messages::inbox(change.db(), &recipient)?;
            if is_own {
                for message in &unread {
                    messages::set_state(change, message, &NewState::plain(State::Read))?;
                }
            }
            Ok(unread)
        })
        .await?;
    Ok(MessageList { messages: read.iter().map(|message| super::view(message, true)).collect() })
}
