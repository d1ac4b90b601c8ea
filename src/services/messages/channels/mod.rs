//! The ways by which a message reaches an agent, behind one trait. `dispatch.rs` takes the
//! terminal when the agent can be typed to; `boundary.rs` the answer to a hook when the agent,
//! busy, asks at a moment of its turn.

mod hook;
mod terminal;

pub(super) use hook::HookAnswer;
pub(super) use terminal::{Terminal, held};

use crate::model::message::{self, Attempt};
use crate::services::{ServiceError, World};
use crate::store::messages::Message;
use crate::store::sessions::Session;

/// One way to an agent. The intent is journaled before [`Channel::hand_over`] is called, and what
/// it returns after it: see `deliver.rs`.
pub(super) trait Channel {
    /// Which one it is.
    const KIND: message::Channel;

    /// Hands the message to the agent of the session's launch, once; says what came of it.
    async fn hand_over(
        &mut self,
        world: &World,
        session: &Session,
        message: &Message,
    ) -> Result<Attempt, ServiceError>;
}
