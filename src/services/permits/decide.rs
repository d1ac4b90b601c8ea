//! Decides a request within a transaction, with what follows from that.

use crate::model::message::State as MessageState;
use crate::model::permission::State;
use crate::store::messages::{self, NewState};
use crate::store::permits::{self, Decision};
use crate::store::{Change, StoreError};

/// Decides an open request; returns whether it was open. What asks the orchestrator for an answer
/// and was not told yet, is taken back.
pub(super) fn decide(
    change: &Change<'_>,
    id: &str,
    decision: &Decision,
) -> Result<bool, StoreError> {
    let Some(permit) = permits::find(change.db(), id)? else { return Ok(false) };
    if !permits::decide(change, id, decision)? {
        return Ok(false);
    }
    if let Some(notice) = &permit.notice
        && let Some(message) = messages::find(change.db(), notice)?
        && matches!(message.state, MessageState::Queued(_))
        && decision.by != message.recipient.as_str()
    {
        messages::set_state(change, &message, &NewState::plain(MessageState::Cancelled))?;
    }
    Ok(true)
}

/// What a hook's event says of open requests: the call that was asked for has run, or nothing is
/// asked any more.
pub fn note(
    change: &Change<'_>,
    session: &str,
    event: &str,
    call: Option<&str>,
) -> Result<(), StoreError> {
    match event {
        "tool-ended" | "permission-settled" if call.is_some() => leave(change, session, call),
        "turn-ended" | "session-ended" | "session-started" => leave(change, session, None),
        _ => Ok(()),
    }
}

/// The open requests of a session, all of them or those of one call, have been answered at its
/// terminal, or are void.
pub fn leave(change: &Change<'_>, session: &str, call: Option<&str>) -> Result<(), StoreError> {
    for permit in permits::open_of(change.db(), session)? {
        if call.is_none_or(|call| permit.call_id == call) {
            decide(change, &permit.id, &left())?;
        }
    }
    Ok(())
}

/// The dialog is for whoever sits at the terminal.
pub(super) fn left() -> Decision {
    let by = "terminal".to_owned();
    Decision { state: State::Left, for_session: false, by, message: None }
}
