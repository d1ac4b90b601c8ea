//! The terminal as a way to an agent: the session's host pastes the text and presses Enter.

use crate::host::{Delivered, Delivery, HeldWhy, HostError, RefusalCode};
use crate::model::message::{self, Attempt, Held};
use crate::services::messages::text::typed_text;
use crate::services::{ServiceError, World, agents};
use crate::store::messages::Message;
use crate::store::sessions::Session;

use super::Channel;

/// The session's host, which answers a repeat of the same id from its ledger: an attempt that was
/// cut off is simply made anew.
#[derive(Debug)]
pub struct Terminal;

impl Channel for Terminal {
    const KIND: message::Channel = message::Channel::Terminal;

    async fn hand_over(
        &mut self,
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
}

/// Whether the host knows the id with another text.
fn conflicts(delivered: &Result<Delivered, HostError>) -> bool {
    matches!(delivered, Err(HostError::Refused(no)) if no.code == RefusalCode::Conflict)
}

/// A host's reason in the messages' words.
pub fn held(why: &HeldWhy) -> Held {
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
