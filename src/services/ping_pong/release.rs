//! Lets two agents go on.

use serde_json::json;

use crate::model::ids::SessionId;
use crate::model::message::State;
use crate::store::messages::{self, Message, NewState};
use crate::store::{Change, StoreError};

/// Releases the held messages that `which` picks; whom to wake for them. `why` is `person`, `commit`
/// or `over`.
pub(super) fn let_go(
    change: &Change<'_>,
    why: &'static str,
    which: impl Fn(&Message) -> bool,
) -> Result<Vec<SessionId>, StoreError> {
    let mut held = messages::stopped(change.db())?;
    held.retain(which);
    for message in &held {
        messages::set_state(change, message, &NewState::plain(State::Queued(None)))?;
    }
    if let Some(first) = held.first() {
        let data = json!({
            "between": [first.sender, first.recipient],
            "messages": held.len(),
            "why": why,
        });
        let session = Some(first.sender.as_str());
        change.record("noise.released", Some(&first.project), session, &data)?;
    }
    Ok(held.into_iter().map(|message| message.recipient).collect())
}
