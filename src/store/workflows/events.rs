//! What a run tells: phases, lines, warnings, dropped items.

use rusqlite::Connection;
use serde_json::Value;

use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError};

/// One thing told.
#[derive(Debug, Clone)]
pub struct Told {
    /// From 1 by the script, from -1 down by ao.
    pub n: i64,
    /// When.
    pub at: Timestamp,
    /// `phase`, `log`, `warn`, `drop`, `child`.
    pub kind: String,
    /// Its fields.
    pub body: Value,
}

/// Writes down what the script told under its own number: a script that is run again tells nothing
/// twice.
pub fn tell(
    change: &Change<'_>,
    run: &str,
    n: u64,
    kind: &str,
    body: &Value,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO workflow_events (run, n, at, kind, body) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    change.tx.prepare_cached(sql)?.execute((run, n, change.now().0, kind, body.to_string()))?;
    Ok(())
}

/// Writes down what ao has to say of the run.
pub fn note(change: &Change<'_>, run: &str, kind: &str, body: &Value) -> Result<(), StoreError> {
    let sql = "INSERT INTO workflow_events (run, n, at, kind, body) \
               SELECT ?1, min(coalesce(min(n), 0), 0) - 1, ?2, ?3, ?4 \
               FROM workflow_events WHERE run = ?1";
    change.tx.prepare_cached(sql)?.execute((run, change.now().0, kind, body.to_string()))?;
    Ok(())
}

/// What a run has told, in the order of time, at most `limit` of it, the newest.
pub fn told(db: &Connection, run: &str, limit: u32) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT n, at, kind, body FROM workflow_events WHERE run = ?1 \
               ORDER BY at DESC, abs(n) DESC LIMIT ?2";
    let mut query = db.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let body: String = row.get(3)?;
        Ok(Told {
            n: row.get(0)?,
            at: Timestamp(row.get(1)?),
            kind: row.get(2)?,
            body: serde_json::from_str(&body).unwrap_or_default(),
        })
    };
    let mut all: Vec<Told> = query.query_map((run, limit), read)?.collect::<Result<_, _>>()?;
    all.reverse();
    Ok(all)
}
