//! The one writer of a message's state.

use serde_json::json;

use crate::model::ids::{Generation, Timestamp};
use crate::model::message::State;
use crate::store::{Change, StoreError};

use super::record::Message;

/// A state with what goes with it.
#[derive(Debug, Clone, Copy)]
pub struct NewState {
    /// The state.
    pub state: State,
    /// The attempts made by now, where that changes.
    pub attempts: Option<u32>,
    /// When to try again, where that changes.
    pub not_before: Option<Timestamp>,
    /// The recipient's generation that it may have been written to, where that changes; none if
    /// nothing of it is in any terminal.
    pub generation: Option<Option<Generation>>,
}

impl NewState {
    /// The state alone.
    #[must_use]
    pub fn plain(state: State) -> Self {
        Self { state, attempts: None, not_before: None, generation: None }
    }
}

/// Changes the message's state. A change that the law forbids is an error; the same state with
/// the same reason writes nothing.
pub fn set_state(change: &Change<'_>, message: &Message, new: &NewState) -> Result<(), StoreError> {
    let (word, reason) = new.state.words();
    let same = message.state == new.state;
    if same && new.not_before.is_none() && new.attempts.is_none() {
        return Ok(());
    }
    if !same && !message.state.may_become(new.state) {
        let (from, _) = message.state.words();
        return Err(StoreError::MessageState { id: message.id.to_string(), from, to: word });
    }
    let now = change.now().0;
    let at = |state| (new.state == state && !same).then_some(now);
    change
        .tx
        .prepare_cached(
            "UPDATE messages SET state = ?2, reason = ?3, attempts = coalesce(?4, attempts), \
             not_before = coalesce(?5, not_before), \
             generation = CASE WHEN ?11 THEN ?6 ELSE generation END, \
             written_at = coalesce(?7, written_at), submitted_at = coalesce(?8, submitted_at), \
             answered_at = coalesce(?9, answered_at), read_at = coalesce(?10, read_at) \
             WHERE seq = ?1",
        )?
        .execute((
            message.seq,
            word,
            reason,
            new.attempts,
            new.not_before.map(|at| at.0),
            new.generation.flatten().map(|g| g.0),
            at(State::Written),
            at(State::Submitted),
            at(State::Answered),
            at(State::Read),
            new.generation.is_some(),
        ))?;
    if same {
        return Ok(());
    }
    let data = json!({
        "message": message.id,
        "from": message.sender,
        "to": message.recipient,
        "reason": reason,
        "attempts": new.attempts.unwrap_or(message.attempts),
    });
    change.record(
        &format!("message.{word}"),
        Some(&message.project),
        Some(message.recipient.as_str()),
        &data,
    )
}

/// The last words of the turn that a message caused.
pub fn set_reply(
    change: &Change<'_>,
    message: &Message,
    reply: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET reply = ?2 WHERE seq = ?1";
    change.tx.prepare_cached(sql)?.execute((message.seq, reply))?;
    Ok(())
}
