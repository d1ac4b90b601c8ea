//! The agent's own hook shows a prompt: which messages is it made of? And later: the turn that it
//! caused has ended.

use crate::model::message::{Channel, State, stamp};
use crate::store::messages::{self, Message, NewState};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError};

/// What a prompt turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It holds messages that were waiting for a receipt, or it is somebody's own words.
    Taken,
    /// It is a message, headed by ao, that has been submitted before.
    Repeated,
}

/// Marks as submitted every message to this generation whose typed text the prompt contains, each
/// occurrence once. A prompt that is nothing but a session's message submitted before is a repeat.
pub fn receipt(
    change: &Change<'_>,
    session: &Session,
    prompt: &str,
) -> Result<Receipt, StoreError> {
    let mut rest = folded(prompt);
    let mut written = messages::written_to(change.db(), session.id.as_str(), session.generation)?;
    // What has just been written is meant rather than what has been in doubt for a while.
    written.sort_by_key(|message| matches!(message.state, State::Uncertain(_)));
    let mut found = false;
    for message in written {
        let Some(typed) = occurrence(&message, &rest) else { continue };
        rest = rest.replacen(&typed, "", 1);
        found = true;
        if message.state.may_become(State::Submitted) {
            submitted(change, &message)?;
        }
    }
    if found {
        return Ok(Receipt::Taken);
    }
    let before = messages::submitted_to(change.db(), session.id.as_str(), session.generation)?;
    let whole = folded(prompt);
    let repeated = before
        .iter()
        .filter(|message| message.sender != "person")
        .any(|message| occurrence(message, &whole).is_some_and(|typed| typed == whole));
    Ok(if repeated { Receipt::Repeated } else { Receipt::Taken })
}

/// The turn that it caused may have ended before this became known.
fn submitted(change: &Change<'_>, message: &Message) -> Result<(), StoreError> {
    messages::set_state(change, message, &NewState::plain(State::Submitted))?;
    if message.channel == Some(Channel::Hook) && message.reply.is_some() {
        let submitted = Message { state: State::Submitted, ..message.clone() };
        messages::set_state(change, &submitted, &NewState::plain(State::Answered))?;
    }
    Ok(())
}

/// The turn that the submitted messages caused has ended, with `reply` as its last words.
pub fn answered(
    change: &Change<'_>,
    session: &Session,
    reply: Option<&str>,
) -> Result<(), StoreError> {
    let submitted = messages::submitted_to(change.db(), session.id.as_str(), session.generation)?;
    for message in submitted {
        if message.state == State::Submitted {
            messages::set_reply(change, &message, reply)?;
            messages::set_state(change, &message, &NewState::plain(State::Answered))?;
        }
    }
    // What went by a hook was part of this turn, if the agent took it: its evidence is still to come.
    let written = messages::unreceipted(change.db(), session.id.as_str(), session.generation)?;
    for message in written {
        if message.channel == Some(Channel::Hook) {
            messages::set_reply(change, &message, Some(reply.unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// How the message's typed text occurs in a folded prompt, if it does: the text under its header,
/// or the pointer to the file that holds it.
fn occurrence(message: &Message, prompt: &str) -> Option<String> {
    let sender = super::text::sender(message);
    let pointer = folded(&format!("Message {} has ", message.id));
    [folded(&stamp(sender, &message.body)), pointer]
        .into_iter()
        .find(|typed| prompt.contains(typed))
}

/// The text without white space: agents fold, indent and trim what is pasted into them.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
