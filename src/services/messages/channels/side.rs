//! A stream to a program of the agent's own: a plugin that hands on what it reads as a prompt, while
//! the agent works too. That it arrived is shown by the agent's hook.

use tokio::sync::mpsc;

use crate::model::message::{self, Attempt};
use crate::services::messages::text::typed_text;
use crate::services::{ServiceError, World};
use crate::store::messages::Message;
use crate::store::sessions::Session;
use crate::wire::message::SideMessage;

use super::Channel;

/// An agent that listens.
#[derive(Debug)]
pub struct Side {
    /// Its end of the stream.
    pub listener: mpsc::Sender<SideMessage>,
}

impl Channel for Side {
    const KIND: message::Channel = message::Channel::Side;

    async fn hand_over(
        &mut self,
        world: &World,
        session: &Session,
        message: &Message,
    ) -> Result<Attempt, ServiceError> {
        // Nothing wraps or cuts it on this way.
        let text = typed_text(world, session, message, usize::MAX).await?;
        let told = SideMessage { message: message.id.to_string(), text };
        Ok(match self.listener.try_send(told) {
            Ok(()) => Attempt::Offered,
            Err(_) => Attempt::Unreachable,
        })
    }
}
