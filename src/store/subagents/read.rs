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

/// Which subagents.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this parent.
    pub parent: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// The one that the page before began with.
    pub before: Option<String>,
}

/// A page, oldest first: the newest `limit` of those that are over and, without `before`, all that
/// are not. Whether there are older ones is the second part of the answer.
pub fn list(
    db: &Connection,
    filter: &Filter,
    limit: u32,
) -> Result<(Vec<Subagent>, bool), StoreError> {
    let Filter { parent, project, before } = filter;
    let missing = |id: &str| StoreError::NotFound { what: "subagent", id: id.to_owned() };
    let seq = |id: &String| find(db, id)?.map(|one| one.seq).ok_or_else(|| missing(id));
    let before = before.as_ref().map(seq).transpose()?;
    let meant = "(?1 IS NULL OR parent = ?1) AND (?2 IS NULL OR project = ?2)";
    let over = format!(
        "SELECT * FROM subagents WHERE {meant} AND ended_at IS NOT NULL AND (?3 IS NULL OR seq < ?3) \
         ORDER BY seq DESC LIMIT ?4"
    );
    let most = i64::from(limit) + 1;
    let mut found = many(db, &over, (parent, project, before, most))?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    if before.is_none() {
        let open = format!("SELECT * FROM subagents WHERE {meant} AND ended_at IS NULL");
        found.extend(many(db, &open, (parent, project))?);
    }
    found.sort_by_key(|subagent| subagent.seq);
    Ok((found, has_more))
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
