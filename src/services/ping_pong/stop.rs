//! At acceptance: is this message one too many?

use serde_json::json;

use crate::model::ids::{SessionId, Timestamp};
use crate::model::message::{Held, State};
use crate::model::noise::answers;
use crate::services::{Request, ServiceError, World};
use crate::store::messages::{self, Conversation, Message, NewState};
use crate::store::sessions::{self, Session};
use crate::store::{Change, StoreError};
use crate::workspace;

use super::release::let_go;

/// What is looked at in the transaction that accepts a message.
#[derive(Debug, Clone)]
pub enum Guard {
    /// A person sends it: whatever was held of its recipient or for it goes on.
    Person,
    /// A session sends it.
    Agents(Agents),
}

/// A message between two agents.
#[derive(Debug, Clone)]
pub struct Agents {
    sender: SessionId,
    limit: u32,
    window_ms: u64,
    /// When one of the two last committed, as far as that can matter.
    committed: Timestamp,
}

/// Looks at sender and recipient before a message between them is accepted.
pub async fn look(
    world: &World,
    request: &Request,
    recipient: &Session,
) -> Result<Guard, ServiceError> {
    let Some(member) = request.caller.member() else { return Ok(Guard::Person) };
    let noise = &world.settings.noise;
    let mut guard = Agents {
        sender: member.id.clone(),
        limit: noise.ping_pong_limit,
        window_ms: noise.ping_pong_window_s.saturating_mul(1000),
        committed: Timestamp::default(),
    };
    let (from, to) = (member.id.to_string(), recipient.id.to_string());
    let begin = guard.begin(world.now());
    let before = world.store.read(move |db| messages::conversation(db, &from, &to, begin)).await?;
    // git is asked only when it can make the difference.
    if guard.count(&before, world.now()).saturating_add(1) >= guard.limit {
        guard.committed = last_progress(world, &guard.sender, &recipient.id).await?;
    }
    Ok(Guard::Agents(guard))
}

/// When either of the two last committed, at the latest; the beginning of time if never.
pub(super) async fn last_progress(
    world: &World,
    first: &SessionId,
    second: &SessionId,
) -> Result<Timestamp, ServiceError> {
    let mut last = Timestamp::default();
    for id in [first, second] {
        let id = id.to_string();
        let found = world.store.read(move |db| sessions::find(db, &id)).await?;
        let Some(session) = found else { continue };
        let worktree = std::path::Path::new(&session.worktree);
        let commit = workspace::last_commit(worktree, session.base.as_deref()).await?;
        // Dated in whole seconds, from the second's beginning; in the future, it says nothing.
        let commit = commit.unwrap_or_default().plus(999);
        if commit <= world.now().plus(1000) {
            last = last.max(commit);
        }
    }
    Ok(last)
}

impl Guard {
    /// Looks at the message that has just been accepted; returns it as it is then, and whom to
    /// wake for messages that go on.
    pub fn apply(
        &self,
        change: &Change<'_>,
        message: Message,
    ) -> Result<(Message, Vec<SessionId>), StoreError> {
        match self {
            Self::Person => {
                let id = &message.recipient;
                let of_it = |m: &Message| m.recipient == *id || m.sender == id.as_str();
                let released = let_go(change, "person", of_it)?;
                Ok((message, released))
            }
            Self::Agents(agents) => Ok((agents.stop(change, message)?, Vec::new())),
        }
    }
}

impl Agents {
    /// Where the window begins.
    fn begin(&self, now: Timestamp) -> Timestamp {
        let window = i64::try_from(self.window_ms).unwrap_or(i64::MAX);
        Timestamp(now.0.saturating_sub(window))
    }

    /// How many messages of the two answer each other since a person or a commit came between.
    fn count(&self, conversation: &Conversation, now: Timestamp) -> u32 {
        let since = self.begin(now).max(conversation.person).max(self.committed);
        answers(&conversation.exchanges, since)
    }

    /// Holds the message that has just been accepted, if it is one too many or others of the two
    /// are held before it. A person is told of the first.
    fn stop(&self, change: &Change<'_>, message: Message) -> Result<Message, StoreError> {
        if message.state != State::Queued(None) || message.attempts > 0 {
            return Ok(message);
        }
        let (sender, recipient) = (self.sender.as_str(), message.recipient.as_str());
        let begin = self.begin(change.now());
        let conversation = messages::conversation(change.db(), sender, recipient, begin)?;
        let count = self.count(&conversation, change.now());
        let is_first = conversation.stopped.is_empty();
        if is_first && count < self.limit {
            return Ok(message);
        }
        let held = NewState::plain(State::Queued(Some(Held::PingPong)));
        messages::set_state(change, &message, &held)?;
        if is_first {
            let data = json!({
                "between": [self.sender, message.recipient],
                "messages": count,
                "window_s": self.window_ms / 1000,
                "held": message.id,
            });
            let session = Some(self.sender.as_str());
            change.record("noise.ping_pong", Some(&message.project), session, &data)?;
        }
        Ok(Message { state: held.state, ..message })
    }
}
