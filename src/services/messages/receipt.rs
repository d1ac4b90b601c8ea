//! The agent's own hook shows a prompt: which messages is it made of?

use crate::model::message::{Sender, State, stamp};
use crate::store::messages::{self, NewState};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError};

/// Marks as submitted every message to this generation whose typed text the prompt contains.
pub fn receipt(change: &Change<'_>, session: &Session, prompt: &str) -> Result<(), StoreError> {
    let seen = folded(prompt);
    let written = messages::written_to(change.db(), session.id.as_str(), session.generation)?;
    for message in written {
        let sender = match message.sender.as_str() {
            "person" => Sender::Person,
            "ao" => Sender::Supervisor,
            id => Sender::Session(id),
        };
        let typed = folded(&stamp(sender, &message.body));
        // A text too long to type is known by its id in the pointer.
        let pointed = || prompt.contains(&format!("Message {} has ", message.id));
        if (seen.contains(&typed) || pointed()) && message.state.may_become(State::Submitted) {
            messages::set_state(change, &message, &NewState::plain(State::Submitted))?;
        }
    }
    Ok(())
}

/// The text without white space: agents fold, indent and trim what is pasted into them.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
