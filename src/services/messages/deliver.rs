//! One attempt to write a message into its recipient's terminal, through the session host.

use std::path::PathBuf;

use crate::config::write_private;
use crate::host::{Delivered, Delivery, HeldWhy, HostError, RefusalCode};
use crate::model::ids::Timestamp;
use crate::model::message::{
    Attempt, Held, Sender, State, after_attempt, pointer, retry_delay_ms, stamp,
};
use crate::services::{ServiceError, World, agents, secret};
use crate::store::messages::{Message, NewState};
use crate::store::sessions::Session;

use super::dispatch::change;

/// Journals the intent, has the host write the message, journals what came of it. The host answers
/// a repeat of the same id from its ledger, so an attempt that a crash cut off is simply made anew.
/// Returns what came of it; nothing when it was taken back, or shown as a prompt, this very moment.
pub async fn deliver(
    world: &World,
    session: &Session,
    message: &Message,
) -> Result<Option<Attempt>, ServiceError> {
    let attempts = message.attempts + 1;
    let intent = NewState {
        attempts: Some(attempts),
        generation: Some(Some(session.generation)),
        ..NewState::plain(State::Delivering)
    };
    if !change(world, message, intent).await? {
        return Ok(None);
    }
    let attempt = attempt(world, session, message).await?;
    let now = world.now();
    let pause = retry_delay_ms(attempts, secret::jitter());
    let outcome = NewState {
        not_before: matches!(after_attempt(attempt), State::Queued(_) | State::Delivering)
            .then(|| Timestamp(now.0 + i64::try_from(pause).unwrap_or(i64::MAX))),
        generation: match attempt {
            // Nothing of it is in the terminal.
            Attempt::Held(_) => Some(None),
            Attempt::Unreachable => Some(message.generation),
            Attempt::Written | Attempt::Pasted(_) | Attempt::Unknown | Attempt::Unanswered => None,
        },
        ..NewState::plain(after_attempt(attempt))
    };
    change(world, message, outcome).await?;
    Ok(Some(attempt))
}

async fn attempt(
    world: &World,
    session: &Session,
    message: &Message,
) -> Result<Attempt, ServiceError> {
    let catalog = world.catalog();
    let inject = &catalog.get(&session.agent)?.inject;
    let mut delivery = Delivery {
        id: message.id.clone(),
        body: typed_text(world, session, message, inject.inline_limit).await?,
        submit: true,
        settle_ms: inject.settle_ms,
        rules: agents::rules(inject),
    };
    let Ok(client) = world.hosts.client(world, session).await else {
        return Ok(Attempt::Unreachable);
    };
    let mut delivered = client.deliver(&delivery).await;
    if matches!(delivered, Ok(Delivered::Held { why: HeldWhy::LineTooLong }))
        || conflicts(&delivered)
    {
        // A terminal that reads by lines takes no longer ones; a pointer always fits. An attempt
        // that was cut off may have found that out.
        delivery.body = typed_text(world, session, message, 0).await?;
        delivered = client.deliver(&delivery).await;
    }
    Ok(match &delivered {
        Ok(Delivered::Written { .. }) => Attempt::Written,
        Ok(Delivered::Pasted { why }) => Attempt::Pasted(held(why)),
        Ok(Delivered::Held { why }) => Attempt::Held(held(why)),
        Ok(Delivered::Uncertain) => Attempt::Unknown,
        Err(error) if error.is_before_call() => Attempt::Unreachable,
        // Something was begun under this id, and nobody knows what any more.
        Err(_) if conflicts(&delivered) => Attempt::Unknown,
        // The answer was lost, not the message: the ledger is asked by the next attempt.
        Err(error) => {
            tracing::warn!(message = %message.id, %error, "the host did not answer a delivery");
            Attempt::Unanswered
        }
    })
}

/// Whether the host knows the id with another text.
fn conflicts(delivered: &Result<Delivered, HostError>) -> bool {
    matches!(delivered, Err(HostError::Refused(no)) if no.code == RefusalCode::Conflict)
}

/// The text under its header, or a pointer to the file that holds it where it is too long to type.
async fn typed_text(
    world: &World,
    session: &Session,
    message: &Message,
    inline_limit: usize,
) -> Result<String, ServiceError> {
    let sender = match message.sender.as_str() {
        "person" => Sender::Person,
        "ao" => Sender::Supervisor,
        id => Sender::Session(id),
    };
    if message.body.chars().count() <= inline_limit {
        return Ok(stamp(sender, &message.body));
    }
    let file = body_file(world, session, message);
    let (path, body) = (file.clone(), message.body.clone());
    tokio::task::spawn_blocking(move || {
        if let Some(dir) = path.parent() {
            crate::config::create_private_dir(dir)?;
        }
        write_private(&path, body.as_bytes())
    })
    .await
    .map_err(|_| crate::services::lanes::CutOff)??;
    Ok(stamp(sender, &pointer(&message.id, &file.display().to_string(), message.body.len())))
}

fn body_file(world: &World, session: &Session, message: &Message) -> PathBuf {
    let dir = world.paths.generation_dir(&session.id, session.generation);
    dir.join("messages").join(format!("{}.txt", message.id))
}

fn held(why: &HeldWhy) -> Held {
    match why {
        HeldWhy::HumanTyping => Held::HumanTyping,
        HeldWhy::Draft => Held::Draft,
        HeldWhy::Dialog(_) => Held::Dialog,
        HeldWhy::NotForeground => Held::NotForeground,
        HeldWhy::NotReading => Held::NotReading,
        HeldWhy::Changed => Held::Changed,
        HeldWhy::Exited => Held::HostDown,
        HeldWhy::NoComposer | HeldWhy::NotBracketed => Held::Starting,
        HeldWhy::LineTooLong => Held::LineTooLong,
    }
}
