//! One message, and how it looks on the wire.

use crate::model::ids::{ProjectId, SessionId};
use crate::model::message::{Held, State};
use crate::model::rights::{Target, Verb};
use crate::model::session::Kind;
use crate::services::{Request, ServiceError, World};
use crate::store::messages::{self, Message};
use crate::store::sessions;
use crate::wire::message::{MessageAnswer, MessageView};
use crate::wire::time::rfc3339;

/// The message `id` with its text: for the person, its orchestrator, who sent it and whom it is
/// for.
pub async fn find(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<MessageAnswer, ServiceError> {
    let message = load(world, id).await?;
    allow(world, request, &message).await?;
    Ok(MessageAnswer { message: view(&message, true) })
}

pub(super) async fn load(world: &World, id: &str) -> Result<Message, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| messages::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::NotFound { what: "message", id: id.to_owned() })
}

pub(super) async fn allow(
    world: &World,
    request: &Request,
    message: &Message,
) -> Result<(), ServiceError> {
    if request.caller.name() == message.sender {
        return Ok(());
    }
    let id = message.recipient.to_string();
    let recipient = world.store.read(move |db| sessions::find(db, &id)).await?;
    let kind = recipient.map_or(Kind::Worker, |session| session.kind);
    let project = ProjectId::parse(message.project.clone())?;
    let session: Option<(&SessionId, Kind)> = Some((&message.recipient, kind));
    let target = Target { project: Some(&project), session, author: Some(message.sender.as_str()) };
    request.allow(world, Verb::ReadOutput, target).await
}

/// Retrying and dropping are for the person and for who sent the message.
pub(super) async fn allow_change(
    world: &World,
    request: &Request,
    message: &Message,
) -> Result<(), ServiceError> {
    let target = Target { author: Some(message.sender.as_str()), ..Target::machine() };
    request.allow(world, Verb::ManageMessage, target).await
}

/// The message as it looks on the wire.
#[must_use]
pub fn view(message: &Message, with_body: bool) -> MessageView {
    let (state, reason) = message.state.words();
    let waits = matches!(message.state, State::Queued(_) | State::Delivering);
    let interrupt = message.interrupt.map(|interrupt| interrupt.of(waits));
    MessageView {
        id: message.id.to_string(),
        from: message.sender.clone(),
        to: message.recipient.to_string(),
        state: state.to_owned(),
        reason: reason.or(message.behind.map(Held::as_str)).map(str::to_owned),
        policy: message.policy.as_str().to_owned(),
        channel: message.channel.map(|channel| channel.as_str().to_owned()),
        interrupt: interrupt.map(|interrupt| interrupt.as_str().to_owned()),
        attempts: message.attempts,
        accepted_at: rfc3339(message.accepted_at),
        submitted_at: message.submitted_at.map(rfc3339),
        answered_at: message.answered_at.map(rfc3339),
        bytes: message.body.len() as u64,
        read_at: message.read_at.map(rfc3339),
        deadline: message.deadline.map(rfc3339),
        reply_to: message.reply_to.clone(),
        reply: message.reply.clone().filter(|_| with_body),
        body: with_body.then(|| message.body.clone()),
    }
}
