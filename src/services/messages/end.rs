//! What becomes of messages when their recipient's generation ends.

use crate::model::message::{Ending, after_recipient};
use crate::model::session::Kind;
use crate::store::messages::{self, NewState};
use crate::store::sessions::Session;
use crate::store::{Change, StoreError};

/// The same for a session that is launched again by itself: its mail waits for the next launch, as
/// an orchestrator's does.
pub fn end_generation(
    change: &Change<'_>,
    session: &Session,
    gives_receipts: bool,
) -> Result<(), StoreError> {
    let comes_back = Session { kind: Kind::Orchestrator, ..session.clone() };
    end_recipient(change, &comes_back, gives_receipts)
}

/// Settles everything that waits for the session, or was written to it and not shown as a prompt.
pub fn end_recipient(
    change: &Change<'_>,
    session: &Session,
    gives_receipts: bool,
) -> Result<(), StoreError> {
    let (kind, generation) = (session.kind, session.generation);
    let end = Ending { kind, generation, gives_receipts };
    for message in messages::unsettled(change.db(), session.id.as_str())? {
        let state = after_recipient(message.state, message.generation, end);
        messages::set_state(change, &message, &NewState::plain(state))?;
    }
    Ok(())
}
