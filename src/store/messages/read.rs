//! Reading messages.

use rusqlite::{Connection, OptionalExtension};

use crate::model::ids::{Generation, Timestamp};
use crate::model::message::Recent;
use crate::store::StoreError;

use super::record::{COLUMNS, Message};

/// How many messages wait for a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted and not written.
    pub queued: u32,
    /// Of these, held for a reason.
    pub held: u32,
}

/// One message.
pub fn find(db: &Connection, id: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], Message::read).optional()?.transpose()
}

/// The first message that waits to be written to a session and is not stopped by the noise guard.
pub fn head(db: &Connection, recipient: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE recipient = ?1 AND state IN ('queued', 'delivering') \
         AND policy <> 'on_demand' AND reason IS NOT 'ping_pong' ORDER BY seq LIMIT 1"
    );
    db.prepare_cached(&sql)?.query_row([recipient], Message::read).optional()?.transpose()
}

/// The messages written to a generation for which no receipt has come, first one first.
pub fn unreceipted(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let filter = "recipient = ?1 AND generation = ?2 AND state = 'written'";
    many(db, filter, recipient, generation)
}

/// The messages handed to a generation that may still be shown to have been submitted: the
/// agent's receipt can be faster than the host's answer, and a person may press the Enter that the
/// host withheld from the one that waits first.
pub fn written_to(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let filter = "generation = ?2 AND seq IN (SELECT seq FROM messages WHERE recipient = ?1 \
                  AND state IN ('written', 'uncertain') UNION ALL SELECT min(seq) FROM messages \
                  WHERE recipient = ?1 AND state IN ('queued', 'delivering') \
                  AND policy <> 'on_demand' AND reason IS NOT 'ping_pong')";
    many(db, filter, recipient, generation)
}

/// The newest messages that a generation was seen to take as prompts, oldest first: enough to
/// know a repeat by.
pub fn submitted_to(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let filter = "seq IN (SELECT seq FROM messages WHERE recipient = ?1 AND generation = ?2 \
                  AND state IN ('submitted', 'answered') ORDER BY seq DESC LIMIT 50)";
    many(db, filter, recipient, generation)
}

/// The messages of a session that may still change by its end: they wait, are being written, or
/// were written and not shown as prompts.
pub fn unsettled(db: &Connection, recipient: &str) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE recipient = ?1 \
         AND state IN ('queued', 'delivering', 'written') ORDER BY seq"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([recipient], Message::read)?;
    rows.map(|row| row?).collect()
}

fn many(
    db: &Connection,
    filter: &str,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE {filter} ORDER BY seq");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map((recipient, generation.0), Message::read)?;
    rows.map(|row| row?).collect()
}

/// How many wait for a session.
pub fn counts(db: &Connection, recipient: &str) -> Result<Counts, StoreError> {
    let sql = "SELECT count(*), count(reason) FROM messages \
               WHERE recipient = ?1 AND state IN ('queued', 'delivering')";
    let read = |row: &rusqlite::Row<'_>| Ok(Counts { queued: row.get(0)?, held: row.get(1)? });
    Ok(db.prepare_cached(sql)?.query_row([recipient], read)?)
}

/// The newest `limit` messages, oldest first: of one recipient, project and state, or of all.
pub fn list(
    db: &Connection,
    recipient: Option<&str>,
    project: Option<&str>,
    state: Option<&str>,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE (?1 IS NULL OR recipient = ?1) \
         AND (?2 IS NULL OR project = ?2) AND (?3 IS NULL OR state = ?3) \
         ORDER BY seq DESC LIMIT ?4"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map((recipient, project, state, limit), Message::read)?;
    let mut messages: Vec<Message> = rows.map(|row| row?).collect::<Result<_, _>>()?;
    messages.reverse();
    Ok(messages)
}

/// The messages in a session's inbox that have not been read, oldest first.
pub fn inbox(db: &Connection, recipient: &str) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE recipient = ?1 AND state = 'queued' \
         AND policy = 'on_demand' ORDER BY seq"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([recipient], Message::read)?;
    rows.map(|row| row?).collect()
}

/// What sessions sent to a recipient lately.
pub fn recent(
    db: &Connection,
    sender: &str,
    recipient: &str,
    now: Timestamp,
) -> Result<Recent, StoreError> {
    let sql = "SELECT coalesce(sum(sender = ?2 AND accepted_at > ?3 - 5000), 0), \
               coalesce(sum(sender = ?2), 0), count(*) FROM messages \
               WHERE recipient = ?1 AND accepted_at > ?3 - 60000 AND sender NOT IN ('person', 'ao')";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Recent {
            sender_burst: row.get(0)?,
            sender_minute: row.get(1)?,
            recipient_minute: row.get(2)?,
        })
    };
    Ok(db.prepare_cached(sql)?.query_row((recipient, sender, now.0), read)?)
}

/// Every session that a message waits for.
pub fn recipients_waiting(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT recipient FROM messages WHERE state IN ('queued', 'delivering')";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
