//! A session's turns. An agent that names its turns has each counted once, whoever tells of it
//! first; for others a prompt begins one.

use rusqlite::{Connection, OptionalExtension};

use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError};

/// A turn's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// 1, 2, 3 … over all generations of the session.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A prompt was taken: the turn that it belongs to. Without a key a new one begins.
pub fn open_turn(
    change: &Change<'_>,
    session: &str,
    key: Option<&str>,
    at: Timestamp,
) -> Result<u32, StoreError> {
    match key {
        Some(_) => turn_number(change, session, key, at),
        None => begin(change, session, None, at),
    }
}

/// The turn of that key, which begins now if nobody has told of it; without a key the one of that
/// moment, for a record may be read when the next turn has begun.
pub fn turn_number(
    change: &Change<'_>,
    session: &str,
    key: Option<&str>,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let found = match key {
        Some(key) => change
            .tx
            .prepare_cached(
                "SELECT turn_number FROM turns WHERE session_id = ?1 AND turn_key = ?2",
            )?
            .query_row((session, key), |row| row.get(0))
            .optional()?,
        None => match at_moment(&change.tx, session, at)? {
            Some(number) => Some(number),
            None => newest(&change.tx, session)?,
        },
    };
    match found {
        Some(number) => Ok(number),
        None => begin(change, session, key, at),
    }
}

/// The turn of that key has ended; without a key the one of that moment.
pub fn close_turn(
    change: &Change<'_>,
    session: &str,
    key: Option<&str>,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let number = turn_number(change, session, key, at)?;
    let sql = "UPDATE turns SET ended_at = ?3 WHERE session_id = ?1 AND turn_number = ?2";
    change.tx.prepare_cached(sql)?.execute((session, number, at.0))?;
    Ok(number)
}

/// The session's turns from number `from` on, in order, at most `limit`.
pub fn turns(
    db: &Connection,
    session: &str,
    from: u32,
    limit: u32,
) -> Result<Vec<Turn>, StoreError> {
    let sql = "SELECT turn_number, started_at, ended_at FROM turns \
               WHERE session_id = ?1 AND turn_number >= ?2 ORDER BY turn_number LIMIT ?3";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map((session, from, limit), |row| {
        Ok(Turn {
            number: row.get(0)?,
            started_at: Timestamp(row.get(1)?),
            ended_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// The last turn that had begun by then.
fn at_moment(db: &Connection, session: &str, at: Timestamp) -> Result<Option<u32>, StoreError> {
    let sql = "SELECT max(turn_number) FROM turns WHERE session_id = ?1 AND started_at <= ?2";
    Ok(db.prepare_cached(sql)?.query_row((session, at.0), |row| row.get(0))?)
}

fn newest(db: &Connection, session: &str) -> Result<Option<u32>, StoreError> {
    let sql = "SELECT max(turn_number) FROM turns WHERE session_id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([session], |row| row.get(0))?)
}

fn begin(
    change: &Change<'_>,
    session: &str,
    key: Option<&str>,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let number = newest(&change.tx, session)?.unwrap_or(0) + 1;
    change
        .tx
        .prepare_cached(
            "INSERT INTO turns (session_id, turn_number, turn_key, started_at) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((session, number, key, at.0))?;
    Ok(number)
}
