//! Reading notices.

use rusqlite::{Connection, OptionalExtension};

use crate::model::ids::{SessionId, Timestamp};
use crate::model::session::ReportState;
use crate::store::StoreError;
use crate::store::messages::{self, Message};

use super::record::{COLUMNS, Notice};

/// A recipient that has had as many automatic messages as it may in a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CappedRecipient {
    /// The session.
    pub recipient: String,
    /// The notices that wait for that reason.
    pub waiting: u32,
}

/// What is known of a key's past on the present occasion.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// What waits, on whatever occasion.
    pub(super) waiting: Option<Notice>,
    /// What became part of a message last.
    pub(super) told: Option<Notice>,
    /// The subject has reported another state since that.
    pub(super) overtaken: bool,
}

/// The notices that wait for a recipient, first one first.
pub fn waiting(db: &Connection, recipient: &str) -> Result<Vec<Notice>, StoreError> {
    many(db, "recipient = ?1 AND state = 'waiting'", recipient)
}

/// How many wait for a recipient.
pub fn count_waiting(db: &Connection, recipient: &str) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM notices WHERE recipient = ?1 AND state = 'waiting'";
    Ok(db.prepare_cached(sql)?.query_row([recipient], |row| row.get(0))?)
}

/// The notices that are part of a message, first one first.
pub fn of_message(db: &Connection, message: &str) -> Result<Vec<Notice>, StoreError> {
    many(db, "message = ?1 AND state = 'sent'", message)
}

/// Every recipient that a notice waits for.
pub fn recipients(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT recipient FROM notices WHERE state = 'waiting'";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// The message made of notices that has not been written to the recipient yet, or not been read
/// from its inbox.
pub fn open_message(
    db: &Connection,
    recipient: &str,
    inbox: bool,
) -> Result<Option<Message>, StoreError> {
    let sql = "SELECT id FROM messages AS m WHERE recipient = ?1 \
               AND state IN ('queued', 'delivering') AND (policy = 'on_demand') = ?2 \
               AND EXISTS (SELECT 1 FROM notices WHERE message = m.id) ORDER BY seq LIMIT 1";
    let id: Option<String> =
        db.prepare_cached(sql)?.query_row((recipient, inbox), |row| row.get(0)).optional()?;
    match id {
        Some(id) => messages::find(db, &id),
        None => Ok(None),
    }
}

/// When the recipient's automatic message was accepted that stands, counted back from the newest,
/// at `cap`; nothing when it had fewer since `since`.
pub fn message_at_cap(
    db: &Connection,
    recipient: &str,
    cap: u32,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT accepted_at FROM messages AS m WHERE recipient = ?1 AND accepted_at > ?2 \
               AND state <> 'dead' AND EXISTS (SELECT 1 FROM notices WHERE message = m.id) \
               ORDER BY accepted_at DESC LIMIT 1 OFFSET ?3";
    let key = (recipient, since.0, cap.saturating_sub(1));
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?.map(Timestamp))
}

/// The recipients of a project that are at their daily cap.
pub fn capped(db: &Connection, project: &str) -> Result<Vec<CappedRecipient>, StoreError> {
    let sql = "SELECT recipient, count(*) FROM notices WHERE project = ?1 AND state = 'waiting' \
               AND reason = 'daily_cap' GROUP BY recipient ORDER BY recipient";
    let mut query = db.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(CappedRecipient { recipient: row.get(0)?, waiting: row.get(1)? })
    };
    let rows = query.query_map([project], read)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// A text that changes when the session is launched anew, or sees another message: what it then
/// reports is said on another occasion.
pub(super) fn occasion(db: &Connection, subject: &SessionId) -> Result<String, StoreError> {
    let sql = "SELECT s.generation, coalesce((SELECT seq FROM messages \
               WHERE recipient = s.id AND state IN \
               ('written', 'submitted', 'answered', 'read', 'uncertain') \
               ORDER BY seq DESC LIMIT 1), 0) FROM sessions AS s WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(format!("{}.{}", row.get::<_, u32>(0)?, row.get::<_, i64>(1)?))
    };
    Ok(db.prepare_cached(sql)?.query_row([subject.as_str()], read)?)
}

/// What the recipient has been told or is about to be told of this kind about the subject.
pub(super) fn earlier(
    db: &Connection,
    recipient: &SessionId,
    subject: &SessionId,
    kind: ReportState,
    occasion: &str,
) -> Result<Earlier, StoreError> {
    let one = |filter: &str, key: &[&str]| {
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE recipient = ?1 AND subject = ?2 AND kind = ?3 \
             AND {filter} ORDER BY seq DESC LIMIT 1"
        );
        let mut query = db.prepare_cached(&sql)?;
        let params = rusqlite::params_from_iter(key);
        query.query_row(params, Notice::read).optional()?.transpose()
    };
    let key = [recipient.as_str(), subject.as_str(), kind.as_str()];
    let waiting = one("state = 'waiting'", &key)?;
    let told = one("state = 'sent' AND occasion = ?4", &[key[0], key[1], key[2], occasion])?;
    let since = told.as_ref().map_or(i64::MAX, |told| told.seq);
    let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE recipient = ?1 AND subject = ?2 \
               AND kind <> ?3 AND seq > ?4)";
    let key = (recipient.as_str(), subject.as_str(), kind.as_str(), since);
    let overtaken = db.prepare_cached(sql)?.query_row(key, |row| row.get(0))?;
    Ok(Earlier { waiting, told, overtaken })
}

fn many(db: &Connection, filter: &str, value: &str) -> Result<Vec<Notice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM notices WHERE {filter} ORDER BY seq");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([value], Notice::read)?;
    rows.map(|row| row?).collect()
}
