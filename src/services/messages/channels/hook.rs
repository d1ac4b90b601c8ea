//! The answer to a hook as a way to an agent that is at work.

use crate::model::message::{self, Attempt};
use crate::services::messages::text::typed_text;
use crate::services::{ServiceError, World};
use crate::store::messages::Message;
use crate::store::sessions::Session;

use super::Channel;

/// The answer that is being made. Its hook tells in an event of its own that it gave the agent the
/// text, or keeps its event in the spool when the answer came too late for that.
#[derive(Debug, Default)]
pub struct HookAnswer {
    /// What the agent is told.
    pub text: Option<String>,
}

impl Channel for HookAnswer {
    const KIND: message::Channel = message::Channel::Hook;

    async fn hand_over(
        &mut self,
        world: &World,
        session: &Session,
        message: &Message,
    ) -> Result<Attempt, ServiceError> {
        let limit = world.catalog().get(&session.agent)?.inject.inline_limit;
        self.text = Some(typed_text(world, session, message, limit).await?);
        Ok(Attempt::Offered)
    }
}
