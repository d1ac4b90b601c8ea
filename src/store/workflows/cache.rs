//! Results that a later run may take: of one run, or of the project while its working tree is the
//! same.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::model::ids::Timestamp;
use crate::model::workflow::Outcome;
use crate::store::{Change, StoreError};

/// Key and ordinal, the outcome, its place in the order there, and the run it comes from.
type Known = HashMap<(String, u32), (Outcome, u64, String)>;

/// What the run has of its own, and took itself: successes only, and none of agents that somebody
/// has spoken to.
pub fn known_of_run(db: &Connection, run: &str) -> Result<Known, StoreError> {
    let sql = "SELECT key, ordinal, outcome, coalesce(delivery, known_order, 0) FROM workflow_ops \
               WHERE run = ?1 AND kind = 'agent' AND state IN ('succeeded', 'cached') \
               AND NOT tainted";
    let mut query = db.prepare_cached(sql)?;
    let mut known = Known::new();
    let mut rows = query.query([run])?;
    while let Some(row) = rows.next()? {
        let outcome: String = row.get(2)?;
        if let Ok(outcome @ Outcome::Value { .. }) = serde_json::from_str(&outcome) {
            let order = row.get::<_, i64>(3)?.unsigned_abs();
            known.insert((row.get(0)?, row.get(1)?), (outcome, order, run.to_owned()));
        }
    }
    Ok(known)
}

/// What the project's runs found on this very working tree, not before `since`.
pub fn known(
    db: &Connection,
    project: &str,
    fingerprint: &str,
    since: Timestamp,
) -> Result<Known, StoreError> {
    let sql = "SELECT key, ordinal, outcome, run FROM workflow_cache \
               WHERE project = ?1 AND fingerprint = ?2 AND made_at >= ?3";
    let mut query = db.prepare_cached(sql)?;
    let mut known = Known::new();
    let mut rows = query.query((project, fingerprint, since.0))?;
    while let Some(row) = rows.next()? {
        let outcome: String = row.get(2)?;
        if let Ok(outcome) = serde_json::from_str(&outcome) {
            known.insert((row.get(0)?, row.get(1)?), (outcome, 0, row.get(3)?));
        }
    }
    Ok(known)
}

/// Keeps a result of the operation for later runs.
pub fn keep(change: &Change<'_>, run: &str, seq: u64) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO workflow_cache \
               (project, fingerprint, key, ordinal, outcome, run, made_at) \
               SELECT r.project, r.fingerprint, o.key, o.ordinal, o.outcome, r.id, ?3 \
               FROM workflow_ops AS o JOIN workflow_runs AS r ON r.id = o.run \
               WHERE o.run = ?1 AND o.seq = ?2 AND o.state = 'succeeded' AND o.kind = 'agent' \
               AND NOT o.tainted \
               AND r.fingerprint IS NOT NULL";
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    change.tx.prepare_cached(sql)?.execute((run, seq, change.now().0))?;
    Ok(())
}

/// Drops what was kept before `before`.
pub fn shorten(change: &Change<'_>, before: Timestamp) -> Result<(), StoreError> {
    change.tx.execute("DELETE FROM workflow_cache WHERE made_at < ?1", [before.0])?;
    Ok(())
}
