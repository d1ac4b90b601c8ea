//! What becomes of notices that waited: the one writer of their state.

use serde_json::json;

use crate::model::ids::{MessageId, Timestamp};
use crate::store::{Change, StoreError};

use super::record::Notice;

/// The notice is part of this message now; nothing happens when it was so before.
pub fn attach(change: &Change<'_>, notice: &Notice, message: &MessageId) -> Result<(), StoreError> {
    if notice.message.as_deref() == Some(message.as_str()) {
        return Ok(());
    }
    change
        .tx
        .prepare_cached(
            "UPDATE notices SET state = 'sent', reason = NULL, message = ?2, withheld = 0 \
             WHERE seq = ?1",
        )?
        .execute((notice.seq, message.as_str()))?;
    journal(change, notice, "notice.sent", json!({ "message": message }))
}

/// The notice is not told. `reason` is `replaced`, `superseded` or `ended`.
pub fn discard(
    change: &Change<'_>,
    notice: &Notice,
    reason: &'static str,
) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached("UPDATE notices SET state = 'dropped', reason = ?2 WHERE seq = ?1")?
        .execute((notice.seq, reason))?;
    journal(change, notice, "notice.dropped", json!({ "reason": reason }))
}

/// The notices wait until the recipient is below its daily cap.
pub fn postpone(
    change: &Change<'_>,
    notices: &[Notice],
    until: Timestamp,
) -> Result<(), StoreError> {
    let Some(first) = notices.first() else { return Ok(()) };
    for notice in notices {
        change
            .tx
            .prepare_cached(
                "UPDATE notices SET due_at = max(due_at, ?2), reason = 'daily_cap' WHERE seq = ?1",
            )?
            .execute((notice.seq, until.0))?;
    }
    let data = json!({ "to": first.recipient, "waiting": notices.len(), "until": until });
    let recipient = first.recipient.as_str();
    change.record("noise.daily_cap", Some(&first.project), Some(recipient), &data)
}

/// The message is about to be written with its notices as they are.
pub fn set_told(change: &Change<'_>, message: &MessageId) -> Result<(), StoreError> {
    let sql = "UPDATE notices SET told_at = ?2 WHERE message = ?1 AND state = 'sent'";
    change.tx.prepare_cached(sql)?.execute((message.as_str(), change.now().0))?;
    Ok(())
}

/// The first `attempts` attempts to write the message are known to have typed nothing.
pub fn set_withheld(
    change: &Change<'_>,
    message: &MessageId,
    attempts: u32,
) -> Result<(), StoreError> {
    let sql = "UPDATE notices SET withheld = ?2 WHERE message = ?1 AND state = 'sent'";
    change.tx.prepare_cached(sql)?.execute((message.as_str(), attempts))?;
    Ok(())
}

/// Drops the rows of notices that were made before `before` and no longer wait.
pub fn shorten(change: &Change<'_>, before: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM notices WHERE state <> 'waiting' AND made_at < ?1";
    change.tx.execute(sql, [before.0])?;
    Ok(())
}

fn journal(
    change: &Change<'_>,
    notice: &Notice,
    kind: &str,
    mut data: serde_json::Value,
) -> Result<(), StoreError> {
    data["to"] = json!(notice.recipient);
    data["state"] = json!(notice.state);
    change.record(kind, Some(&notice.project), Some(notice.subject.as_str()), &data)
}
