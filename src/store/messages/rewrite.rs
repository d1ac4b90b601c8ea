//! A message that nobody has begun to write gets other words: only those that ao makes itself.

use serde_json::json;

use crate::model::message::{Policy, State};
use crate::store::{Change, StoreError};

use super::record::Message;

/// What a message is to say.
#[derive(Debug, Clone)]
pub struct Words {
    /// In whose name: a session's id, or `ao`.
    pub sender: String,
    /// The text, cleaned.
    pub body: String,
    /// How it is to be delivered.
    pub policy: Policy,
}

/// Gives the message other words. One that has been handed to a host keeps its own: the host knows
/// its id with them.
pub fn rewrite(change: &Change<'_>, message: &Message, words: &Words) -> Result<(), StoreError> {
    if !matches!(message.state, State::Queued(_)) || message.attempts > 0 {
        let (from, _) = message.state.words();
        let id = message.id.to_string();
        return Err(StoreError::MessageState { id, from, to: "rewritten" });
    }
    change
        .tx
        .prepare_cached("UPDATE messages SET sender = ?2, body = ?3, policy = ?4 WHERE seq = ?1")?
        .execute((message.seq, &words.sender, &words.body, words.policy.as_str()))?;
    let data = json!({
        "message": message.id,
        "from": words.sender,
        "to": message.recipient,
        "bytes": words.body.len(),
        "policy": words.policy,
    });
    let recipient = message.recipient.as_str();
    change.record("message.rewritten", Some(&message.project), Some(recipient), &data)
}
