//! Accepts a message: when this returns, it is on disk.

use std::time::Duration;

use crate::model::ids::Timestamp;
use crate::model::message::{Held, Policy, Rates, State, TextError, clean};
use crate::model::rights::Verb;
use crate::model::session::Kind;
use crate::services::ping_pong::{self, Guard};
use crate::services::{Request, ServiceError, World, secret};
use crate::store::messages::{self, Limits, Message, New};
use crate::store::sessions::Session;
use crate::store::{Origin, StoreError};
use crate::wire::message::{MessageAnswer, Send};

/// Accepts `send.text` for `address`. The text is cleaned here; the header is put on when it is
/// written. To a worker that is over: an error; to an orchestrator that does not run: queued.
pub async fn send(
    world: &World,
    request: &Request,
    address: &str,
    send: Send,
) -> Result<MessageAnswer, ServiceError> {
    let recipient =
        super::recipient::resolve(world, request, address, send.project.as_deref()).await?;
    let target = recipient.target();
    request.allow(world, Verb::Send, target).await?;
    let body = clean(&send.text)?;
    if body.len() > world.settings.limits.message_bytes {
        return Err(TextError::TooLarge(body.len()).into());
    }
    if recipient.kind == Kind::Worker
        && let Some(reason) = recipient.phase.end_reason()
    {
        let reason = reason.to_string();
        return Err(ServiceError::Ended { id: recipient.id.to_string(), reason });
    }
    let policy = policy(send.deliver.as_deref())?;
    if send.interrupt {
        check_interrupt(world, request, &recipient, policy).await?;
    }
    if recipient.one_shot.is_some() && policy != Policy::OnDemand {
        let text =
            format!("{} does one task and is typed nothing: --deliver on-demand", recipient.id);
        return Err(ServiceError::Usage(text));
    }
    if let Some(answered) = &send.reply_to {
        check_answer(world, request, answered).await?;
    }
    let new = New {
        id: secret::message_id(),
        sender: request.caller.name().to_owned(),
        recipient: recipient.id.clone(),
        project: recipient.project.to_string(),
        interrupt: send.interrupt,
        key: request.idempotency("send", &format!("{}\n{body}", recipient.id)),
        body,
        policy,
        reply_to: send.reply_to,
        deadline: deadline(world, send.by_s)?,
        limits: limits(world, request),
    };
    let guard = ping_pong::look(world, request, &recipient).await?;
    let message = accept(world, request.origin(world.now()), new, Some(guard)).await?;
    Ok(MessageAnswer { message: super::view(&message, false) })
}

/// Accepts the task of a session whose agent gets it by its terminal: from whoever spawned it.
pub async fn assign(
    world: &World,
    origin: Origin,
    session: &Session,
    task: &str,
) -> Result<Message, ServiceError> {
    let new = New {
        id: secret::message_id(),
        sender: session.spawned_by.clone(),
        recipient: session.id.clone(),
        project: session.project.to_string(),
        body: clean(task)?,
        policy: Policy::Immediate,
        reply_to: None,
        interrupt: false,
        key: None,
        deadline: None,
        limits: Limits::NONE,
    };
    accept(world, origin, new, None).await
}

/// A word of ao's own to a session.
pub async fn note(
    world: &World,
    origin: Origin,
    session: &Session,
    text: &str,
    policy: Policy,
) -> Result<Message, ServiceError> {
    let new = New {
        id: secret::message_id(),
        sender: "ao".to_owned(),
        recipient: session.id.clone(),
        project: session.project.to_string(),
        body: clean(text)?,
        policy,
        reply_to: None,
        interrupt: false,
        key: None,
        deadline: None,
        limits: Limits::NONE,
    };
    accept(world, origin, new, None).await
}

/// Whether the task of [`assign`] still waits for the session.
pub async fn is_assigned(
    world: &World,
    session: &Session,
    task: &str,
) -> Result<bool, ServiceError> {
    let (id, sender, body) = (session.id.to_string(), session.spawned_by.clone(), clean(task)?);
    let waiting = world.store.read(move |db| messages::unsettled(db, &id)).await?;
    let is_it = |message: &Message| {
        message.sender == sender
            && message.body == body
            && matches!(message.state, State::Queued(_))
    };
    Ok(waiting.iter().any(is_it))
}

pub(super) async fn accept(
    world: &World,
    origin: Origin,
    new: New,
    guard: Option<Guard>,
) -> Result<Message, ServiceError> {
    let recipient = new.recipient.clone();
    let accepted: Result<_, StoreError> = world
        .store
        .write(origin, move |change| {
            let message = messages::accept(change, &new)?;
            match guard {
                Some(guard) => guard.apply(change, message),
                None => Ok((message, Vec::new())),
            }
        })
        .await;
    let (message, released) = accepted?;
    for recipient in released {
        world.dispatch.wake(world, &recipient);
    }
    if message.state == State::Queued(Some(Held::PingPong)) {
        world.ping_pong.stopped();
    }
    world.dispatch.wake(world, &recipient);
    Ok(message)
}

/// The queue's limit counts for all, the rates for sessions.
fn limits(world: &World, request: &Request) -> Limits {
    let settings = &world.settings.limits;
    let rates = Rates {
        sender_burst: settings.sender_burst,
        sender_minute: settings.sender_per_minute,
        recipient_minute: settings.recipient_per_minute,
    };
    Limits { queue: Some(settings.queue), rates: request.caller.member().map(|_| rates) }
}

fn deadline(world: &World, seconds: Option<f64>) -> Result<Option<Timestamp>, ServiceError> {
    let Some(seconds) = seconds else { return Ok(None) };
    let bad = || ServiceError::Usage(format!("{seconds} is not a number of seconds"));
    let span = Duration::try_from_secs_f64(seconds).map_err(|_| bad())?;
    let ms = i64::try_from(span.as_millis()).map_err(|_| bad())?;
    Ok(Some(Timestamp(world.now().0.checked_add(ms).ok_or_else(bad)?)))
}

fn policy(text: Option<&str>) -> Result<Policy, ServiceError> {
    let Some(text) = text else { return Ok(Policy::default()) };
    Policy::parse(text).ok_or_else(|| {
        ServiceError::Usage(format!(
            "{text:?} is not a delivery policy: immediate, deferred or on-demand"
        ))
    })
}

/// Stopping another's turn is as much as managing it; and there must be a way.
async fn check_interrupt(
    world: &World,
    request: &Request,
    recipient: &Session,
    policy: Policy,
) -> Result<(), ServiceError> {
    request.allow(world, Verb::Manage, recipient.target()).await?;
    if policy != Policy::Immediate {
        let text = "a turn is stopped only for a message that is to be delivered immediately";
        return Err(ServiceError::Usage(text.to_owned()));
    }
    match world.catalog().get(&recipient.agent)?.inject.interrupt {
        Some(_) => Ok(()),
        None => Err(ServiceError::NoInterrupt(recipient.agent.clone())),
    }
}

/// A message may be answered by whom it was for, or by the person.
async fn check_answer(world: &World, request: &Request, id: &str) -> Result<(), ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| messages::find(db, &wanted)).await?;
    let question =
        found.ok_or_else(|| ServiceError::NotFound { what: "message", id: id.to_owned() })?;
    match request.caller.member() {
        Some(member) if member.id != question.recipient => {
            Err(ServiceError::Usage(format!("{id} was not addressed to {}", member.id)))
        }
        _ => Ok(()),
    }
}
