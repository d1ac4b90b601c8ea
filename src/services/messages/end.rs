//! What becomes of messages when their recipient's generation ends.

use crate::model::message::{Dead, State, Uncertain};
use crate::model::session::Kind;
use crate::store::messages::{self, NewState};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError};

/// What was written to the generation that ends and never shown as a prompt may or may not have
/// been read: only an agent that gives receipts lets the difference be known.
pub fn settle_written(
    change: &Change<'_>,
    session: &Session,
    gives_receipts: bool,
) -> Result<(), StoreError> {
    if !gives_receipts {
        return Ok(());
    }
    let written = messages::unreceipted(change.db(), session.id.as_str(), session.generation)?;
    for message in written {
        let doubt = State::Uncertain(Uncertain::RecipientEnded);
        messages::set_state(change, &message, &NewState::plain(doubt))?;
    }
    Ok(())
}

/// A worker is over: what waits for it is dead. An orchestrator's mail waits for the next one.
pub fn end_recipient(change: &Change<'_>, session: &Session) -> Result<(), StoreError> {
    if session.kind == Kind::Orchestrator {
        return Ok(());
    }
    for message in messages::stopped(change.db())? {
        if message.recipient == session.id {
            let dead = NewState::plain(State::Dead(Dead::RecipientEnded));
            messages::set_state(change, &message, &dead)?;
        }
    }
    while let Some(message) = messages::head(change.db(), session.id.as_str())? {
        let state = match message.state {
            // What came of it is in the host's ledger: the recipient's actor looks there, and then
            // ends the others.
            State::Delivering => return Ok(()),
            // Its text is in the composer that has gone: somebody may have pressed Enter.
            _ if message.generation == Some(session.generation) => {
                State::Uncertain(Uncertain::RecipientEnded)
            }
            _ => State::Dead(Dead::RecipientEnded),
        };
        messages::set_state(change, &message, &NewState::plain(state))?;
    }
    Ok(())
}
