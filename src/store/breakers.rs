//! Breakers that are not closed, so that a usage limit is known after a new start.

use rusqlite::Connection;
use serde_json::json;

use crate::model::breaker::Breaker;

use super::{Change, StoreError};

/// All that are not closed: agent, model and where it stands.
pub fn all(db: &Connection) -> Result<Vec<(String, String, Breaker)>, StoreError> {
    let mut query = db.prepare_cached("SELECT agent, model, state FROM breakers")?;
    let rows = query.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let (agent, model, text) = row?;
        // One that cannot be read is closed: the next failures open it again.
        if let Ok(breaker) = serde_json::from_str(&text) {
            all.push((agent, model, breaker));
        }
    }
    Ok(all)
}

/// Keeps where it stands; a closed one is forgotten.
pub fn keep(
    change: &Change<'_>,
    agent: &str,
    model: &str,
    breaker: &Breaker,
) -> Result<(), StoreError> {
    let (kind, data) = match breaker {
        Breaker::Closed { .. } => {
            let sql = "DELETE FROM breakers WHERE agent = ?1 AND model = ?2";
            change.tx.prepare_cached(sql)?.execute((agent, model))?;
            ("breaker.closed", json!({ "agent": agent, "model": model }))
        }
        Breaker::Open { until, why, .. } => {
            let text = serde_json::to_string(breaker).expect("a breaker is plain JSON");
            let sql = "INSERT INTO breakers (agent, model, state) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (agent, model) DO UPDATE SET state = excluded.state";
            change.tx.prepare_cached(sql)?.execute((agent, model, text))?;
            let data = json!({ "agent": agent, "model": model, "why": why, "until": until });
            ("breaker.opened", data)
        }
        // On its way to one of the others.
        Breaker::HalfOpen { .. } => return Ok(()),
    };
    change.record(kind, None, None, &data)
}
