//! Which events of agents' hooks have been taken in.

use rusqlite::OptionalExtension;

use crate::model::ids::SessionId;

use super::{Change, StoreError};

/// Events remembered per session at least: more than a spool holds that is read twice.
const KEEP: i64 = 2000;
/// Old ones are forgotten once in so many.
const FORGET_EVERY: i64 = 100;

/// Remembers the event; false if it is known already.
pub fn remember(change: &Change<'_>, id: &SessionId, event: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO hook_events (session, event) VALUES (?1, ?2) \
               ON CONFLICT DO NOTHING RETURNING seq";
    let new: Option<i64> = change
        .tx
        .prepare_cached(sql)?
        .query_row((id.as_str(), event), |row| row.get(0))
        .optional()?;
    if new.is_some_and(|seq| seq % FORGET_EVERY == 0) {
        let sql = "DELETE FROM hook_events WHERE session = ?1 AND seq <= (SELECT seq FROM \
                   hook_events WHERE session = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)";
        change.tx.execute(sql, (id.as_str(), KEEP))?;
    }
    Ok(new.is_some())
}
