//! Subagents, read.

use rusqlite::{Connection, OptionalExtension, Params};

use crate::store::StoreError;

use super::record::Subagent;

/// The subagent `id`.
pub fn find(db: &Connection, id: &str) -> Result<Option<Subagent>, StoreError> {
    let sql = "SELECT * FROM subagents WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], Subagent::read).optional()?.transpose()
}

/// The one that this session does, if it does one.
pub fn of_session(db: &Connection, session: &str) -> Result<Option<Subagent>, StoreError> {
    let sql = "SELECT * FROM subagents WHERE session = ?1";
    db.prepare_cached(sql)?.query_row([session], Subagent::read).optional()?.transpose()
}

/// The newest `limit` of a parent, or of a project, or of all; oldest first.
pub fn list(
    db: &Connection,
    parent: Option<&str>,
    project: Option<&str>,
    limit: u32,
) -> Result<Vec<Subagent>, StoreError> {
    let sql = "SELECT * FROM (SELECT * FROM subagents WHERE (?1 IS NULL OR parent = ?1) \
               AND (?2 IS NULL OR project = ?2) ORDER BY seq DESC LIMIT ?3) ORDER BY seq";
    many(db, sql, (parent, project, limit))
}

/// All that are not over, oldest first.
pub fn open(db: &Connection) -> Result<Vec<Subagent>, StoreError> {
    many(db, "SELECT * FROM subagents WHERE ended_at IS NULL ORDER BY seq", ())
}

/// How many of a parent's are not over.
pub fn count_open(db: &Connection, parent: &str) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM subagents WHERE parent = ?1 AND ended_at IS NULL";
    Ok(db.prepare_cached(sql)?.query_row([parent], |row| row.get(0))?)
}

/// Those that a message tells of, in the order of their acceptance.
pub(super) fn told_by(db: &Connection, message: &str) -> Result<Vec<Subagent>, StoreError> {
    let parent = "(SELECT recipient FROM messages WHERE id = ?1)";
    let sql = format!("SELECT * FROM subagents WHERE parent = {parent} AND told = ?1 ORDER BY seq");
    many(db, &sql, [message])
}

/// The message that told of the parent's last one.
pub(super) fn last_told(db: &Connection, parent: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT told FROM subagents WHERE parent = ?1 AND told IS NOT NULL \
               ORDER BY ended_at DESC, seq DESC LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([parent], |row| row.get(0)).optional()?)
}

fn many(db: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<Subagent>, StoreError> {
    let mut query = db.prepare_cached(sql)?;
    query.query_map(parameters, Subagent::read)?.map(|row| row?).collect()
}
