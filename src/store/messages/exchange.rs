//! What two sessions have sent each other, and which of it the noise guard has stopped.

use rusqlite::Connection;

use crate::model::ids::Timestamp;
use crate::model::noise::Exchange;
use crate::store::StoreError;

use super::record::{COLUMNS, Message};

/// What is known of the messages between two sessions.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Those accepted after the moment asked for, first one first.
    pub exchanges: Vec<Exchange>,
    /// When a person last sent something to either of the two since then, or the beginning of
    /// time.
    pub person: Timestamp,
    /// Those that the noise guard has stopped, first one first.
    pub stopped: Vec<Message>,
}

/// What two sessions have sent each other since `since`.
pub fn conversation(
    db: &Connection,
    first: &str,
    second: &str,
    since: Timestamp,
) -> Result<Conversation, StoreError> {
    let mut stopped = stopped(db)?;
    stopped.retain(|m| {
        let to = m.recipient.as_str();
        (m.sender == first && to == second) || (m.sender == second && to == first)
    });
    let exchanges = exchanges(db, first, second, since)?;
    Ok(Conversation { exchanges, person: last_of_person(db, first, second, since)?, stopped })
}

fn exchanges(
    db: &Connection,
    first: &str,
    second: &str,
    since: Timestamp,
) -> Result<Vec<Exchange>, StoreError> {
    let sql = "SELECT recipient = ?2, accepted_at FROM messages WHERE accepted_at > ?3 \
               AND ((recipient = ?2 AND sender = ?1) OR (recipient = ?1 AND sender = ?2)) \
               ORDER BY seq";
    let mut query = db.prepare_cached(sql)?;
    let read =
        |row: &rusqlite::Row<'_>| Ok(Exchange { forth: row.get(0)?, at: Timestamp(row.get(1)?) });
    let rows = query.query_map((first, second, since.0), read)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn last_of_person(
    db: &Connection,
    first: &str,
    second: &str,
    since: Timestamp,
) -> Result<Timestamp, StoreError> {
    let sql = "SELECT coalesce(max(accepted_at), 0) FROM messages \
               WHERE recipient IN (?1, ?2) AND accepted_at > ?3 AND sender = 'person'";
    Ok(Timestamp(db.prepare_cached(sql)?.query_row((first, second, since.0), |row| row.get(0))?))
}

/// Every message that the noise guard has stopped, in order of acceptance.
pub fn stopped(db: &Connection) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE state = 'queued' AND reason = 'ping_pong' \
         ORDER BY seq"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([], Message::read)?;
    rows.map(|row| row?).collect()
}
