//! A message's deadline has passed: it is not written any more, and its sender hears of it.

use crate::model::ids::SessionId;
use crate::model::message::{Policy, State};
use crate::services::{ServiceError, World, secret};
use crate::store::Origin;
use crate::store::messages::{self, Limits, Message, New, NewState};

/// Marks it expired and, where a session sent it, tells that session in the same transaction. A
/// person sees it in `ao messages` and in the journal.
pub(in crate::services) async fn expire(
    world: &World,
    message: &Message,
) -> Result<(), ServiceError> {
    let notice = notice(message);
    let expired = message.clone();
    let origin = Origin { request_id: None, now: world.now() };
    let told = world
        .store
        .write(origin, move |change| {
            let now = messages::find(change.db(), expired.id.as_str())?.unwrap_or(expired);
            if !now.state.may_become(State::Expired) {
                return Ok(None);
            }
            messages::set_state(change, &now, &NewState::plain(State::Expired))?;
            let told = notice.map(|notice| messages::accept(change, &notice)).transpose()?;
            Ok(told.map(|told| told.recipient))
        })
        .await?;
    if let Some(sender) = told {
        world.dispatch.wake(world, &sender);
    }
    Ok(())
}

/// A notice never has a deadline, so no notice follows on a notice.
fn notice(message: &Message) -> Option<New> {
    let sender = SessionId::parse(message.sender.clone()).ok()?;
    if matches!(sender.as_str(), "person" | "ao") {
        return None;
    }
    let why = message.state.words().1.map_or_else(String::new, |why| format!(" ({why})"));
    Some(New {
        id: secret::message_id(),
        sender: "ao".to_owned(),
        recipient: sender,
        project: message.project.clone(),
        body: format!(
            "message {} to {} was not delivered by its deadline{why}",
            message.id, message.recipient
        ),
        policy: Policy::Deferred,
        interrupt: false,
        reply_to: None,
        key: None,
        deadline: None,
        limits: Limits::NONE,
    })
}
