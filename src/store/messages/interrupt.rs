//! What came of stopping a recipient's turn for a message.

use serde_json::json;

use crate::model::message::Interrupt;
use crate::store::{Change, StoreError};

use super::record::Message;

/// Records it with the message, and in the journal as a fact about the session.
pub fn set_interrupt(
    change: &Change<'_>,
    message: &Message,
    interrupt: Interrupt,
) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET interrupt = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((message.id.as_str(), interrupt.as_str()))?;
    let data =
        json!({ "message": message.id, "by": message.sender, "outcome": interrupt.as_str() });
    let (project, session) = (message.project.as_str(), message.recipient.as_str());
    change.record("session.interrupted", Some(project), Some(session), &data)
}
