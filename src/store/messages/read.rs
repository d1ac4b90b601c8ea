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

/// The messages that an actor takes in their order, through the index made for that: the planner
/// knows nothing of how many there are and might go through a recipient's whole history.
const IN_LINE: &str = "messages INDEXED BY messages_next WHERE recipient = ?1 \
    AND state IN ('queued', 'delivering') AND policy <> 'on_demand' AND reason IS NOT 'ping_pong'";
/// Those that were written and not shown as prompts; a term on the state follows.
const WRITTEN: &str = "messages INDEXED BY messages_written WHERE recipient = ?1 \
    AND state IN ('written', 'uncertain')";

/// One message.
pub fn find(db: &Connection, id: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], Message::read).optional()?.transpose()
}

/// The first message that waits to be written to a session and is not stopped by the noise guard.
pub fn head(db: &Connection, recipient: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {IN_LINE} ORDER BY seq LIMIT 1");
    db.prepare_cached(&sql)?.query_row([recipient], Message::read).optional()?.transpose()
}

/// The first message that waits for a session and wants its turn stopped.
pub fn interrupting(db: &Connection, recipient: &str) -> Result<Option<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages INDEXED BY messages_interrupting WHERE recipient = ?1 \
         AND interrupt = 'wanted' AND state IN ('queued', 'delivering') ORDER BY seq LIMIT 1"
    );
    db.prepare_cached(&sql)?.query_row([recipient], Message::read).optional()?.transpose()
}

/// The messages written to a generation for which no receipt has come, first one first.
pub fn unreceipted(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {WRITTEN} AND state = 'written' AND generation = ?2 ORDER BY seq"
    );
    many(db, &sql, (recipient, generation.0))
}

/// The messages handed to a generation that may still be shown to have been submitted: the
/// agent's receipt can be faster than the host's answer, and a person may press the Enter that the
/// host withheld from the one that waits first.
pub fn written_to(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE generation = ?2 AND seq IN \
         (SELECT seq FROM {WRITTEN} UNION ALL SELECT min(seq) FROM {IN_LINE}) ORDER BY seq"
    );
    many(db, &sql, (recipient, generation.0))
}

/// The newest messages that a generation was seen to take as prompts, oldest first: enough to
/// know a repeat by.
pub fn submitted_to(
    db: &Connection,
    recipient: &str,
    generation: Generation,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE seq IN (SELECT seq FROM messages INDEXED BY \
         messages_submitted WHERE recipient = ?1 AND generation = ?2 \
         AND state IN ('submitted', 'answered') ORDER BY seq DESC LIMIT 50) ORDER BY seq"
    );
    many(db, &sql, (recipient, generation.0))
}

/// The messages of a session that may still change by its end: they wait, are being written, or
/// were written and not shown as prompts.
pub fn unsettled(db: &Connection, recipient: &str) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE seq IN (SELECT seq FROM messages \
         INDEXED BY messages_waiting WHERE recipient = ?1 AND state IN ('queued', 'delivering') \
         UNION ALL SELECT seq FROM {WRITTEN} AND state = 'written') ORDER BY seq"
    );
    many(db, &sql, [recipient])
}

fn many(
    db: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Message>, StoreError> {
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map(parameters, Message::read)?;
    rows.map(|row| row?).collect()
}

/// How many wait for a session.
pub fn counts(db: &Connection, recipient: &str) -> Result<Counts, StoreError> {
    let sql = "SELECT count(*), count(reason) FROM messages INDEXED BY messages_waiting \
               WHERE recipient = ?1 AND state IN ('queued', 'delivering')";
    let read = |row: &rusqlite::Row<'_>| Ok(Counts { queued: row.get(0)?, held: row.get(1)? });
    Ok(db.prepare_cached(sql)?.query_row([recipient], read)?)
}

/// Whether as many as `count` wait for a session; more are not counted, and none where fewer were
/// accepted, for whomever, since the oldest that waits.
pub fn waits(db: &Connection, recipient: &str, count: u32) -> Result<bool, StoreError> {
    if accepted_since_oldest(db, recipient)? < i64::from(count) {
        return Ok(false);
    }
    let sql = "SELECT count(*) FROM (SELECT 1 FROM messages INDEXED BY messages_waiting \
               WHERE recipient = ?1 AND state IN ('queued', 'delivering') LIMIT ?2)";
    let read = |row: &rusqlite::Row<'_>| row.get::<_, u32>(0);
    Ok(db.prepare_cached(sql)?.query_row((recipient, count), read)? >= count)
}

/// How many messages there may be from the oldest on that waits for a session, or that the noise
/// guard has stopped.
fn accepted_since_oldest(db: &Connection, recipient: &str) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT coalesce((SELECT max(seq) FROM messages) + 1 - min(oldest), 0) FROM ( \
         SELECT min(seq) AS oldest FROM {IN_LINE} UNION ALL \
         SELECT min(seq) FROM messages INDEXED BY messages_on_demand WHERE recipient = ?1 \
         AND state = 'queued' AND policy = 'on_demand' UNION ALL \
         SELECT min(seq) FROM messages INDEXED BY messages_stopped \
         WHERE state = 'queued' AND reason = 'ping_pong')"
    );
    Ok(db.prepare_cached(&sql)?.query_row([recipient], |row| row.get(0))?)
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
        "SELECT {COLUMNS} FROM messages INDEXED BY messages_on_demand WHERE recipient = ?1 \
         AND state = 'queued' AND policy = 'on_demand' ORDER BY seq"
    );
    many(db, &sql, [recipient])
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

/// Whether anybody has ever written to the session.
pub fn has_any(db: &Connection, recipient: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE recipient = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([recipient], |row| row.get(0))?)
}

/// Every session that a message waits for.
pub fn recipients_waiting(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT recipient FROM messages WHERE state IN ('queued', 'delivering')";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::store::migrations;

    /// SQLite refuses a statement that the index it names cannot answer.
    #[test]
    fn each_question_has_its_index() {
        let mut db = Connection::open_in_memory().unwrap();
        migrations::migrate(&mut db, 0).unwrap();
        let first = Generation(1);
        assert!(head(&db, "a-1").unwrap().is_none());
        assert!(unreceipted(&db, "a-1", first).unwrap().is_empty());
        assert!(written_to(&db, "a-1", first).unwrap().is_empty());
        assert!(submitted_to(&db, "a-1", first).unwrap().is_empty());
        assert!(unsettled(&db, "a-1").unwrap().is_empty());
        assert!(inbox(&db, "a-1").unwrap().is_empty());
        assert_eq!(counts(&db, "a-1").unwrap(), Counts::default());
        assert!(!waits(&db, "a-1", 1).unwrap());
    }

    #[test]
    fn a_statement_is_prepared_once_for_all_recipients() {
        let mut db = Connection::open_in_memory().unwrap();
        crate::store::database::keep_plans(&db).unwrap();
        migrations::migrate(&mut db, 0).unwrap();
        let mut query = db.prepare(&format!("SELECT {COLUMNS} FROM {IN_LINE} LIMIT 1")).unwrap();
        for recipient in ["a-1", "a-2", "b-1"] {
            assert!(!query.exists([recipient]).unwrap());
        }
        assert_eq!(query.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn as_many_as_may_wait_are_found_whatever_was_accepted_for_others() {
        let mut db = Connection::open_in_memory().unwrap();
        migrations::migrate(&mut db, 0).unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        let add = |id: u32, recipient: &str, policy: &str, state: &str, reason: Option<&str>| {
            let sql = "INSERT INTO messages (id, sender, recipient, project, body, policy, state, \
                       reason, accepted_at) VALUES (?1, 'person', ?2, 'a', 'x', ?3, ?4, ?5, 0)";
            db.execute(sql, (id.to_string(), recipient, policy, state, reason)).unwrap();
        };
        add(1, "a-1", "immediate", "queued", None);
        add(2, "a-1", "on_demand", "queued", Some("on_demand"));
        add(3, "a-1", "immediate", "answered", None);
        (4..10).for_each(|id| add(id, "a-2", "immediate", "queued", None));
        add(10, "a-1", "immediate", "delivering", None);
        add(11, "a-1", "immediate", "queued", Some("ping_pong"));
        for (recipient, waiting) in [("a-1", 4), ("a-2", 6), ("a-3", 0)] {
            for count in 1..12 {
                let is_full = waits(&db, recipient, count).unwrap();
                assert_eq!(is_full, waiting >= count, "{recipient} {count}");
            }
        }
    }
}
