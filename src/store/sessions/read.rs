//! Reading sessions.

use rusqlite::{Connection, OptionalExtension};

use crate::model::ids::SessionId;
use crate::model::work::RemovalState;
use crate::process::ProcessId;
use crate::store::StoreError;

use super::record::{COLUMNS, Session};

/// In order of creation.
const CREATED: &str = "created_at, rowid";

/// One session.
pub fn find(db: &Connection, id: &str) -> Result<Option<Session>, StoreError> {
    one(db, "id = ?1", id)
}

/// One session that must be there.
pub(super) fn expect(db: &Connection, id: &SessionId) -> Result<Session, StoreError> {
    find(db, id.as_str())?
        .ok_or_else(|| StoreError::NotFound { what: "session", id: id.to_string() })
}

/// A project's orchestrator, alive or not.
pub fn orchestrator_of(db: &Connection, project: &str) -> Result<Option<Session>, StoreError> {
    one(db, "kind = 'orchestrator' AND project = ?1", project)
}

/// The session whose current generation has the token with this SHA-256.
pub fn by_token(db: &Connection, hash: &str) -> Result<Option<Session>, StoreError> {
    one(db, "over = 0 AND token_hash = ?1", hash)
}

/// Every session that is not over.
pub fn alive(db: &Connection) -> Result<Vec<Session>, StoreError> {
    many(db, "over = 0 AND ?1 IS NULL", None, CREATED)
}

/// Sessions whose worktree is on its way out or back, or was when a supervisor ended.
pub fn being_removed(db: &Connection) -> Result<Vec<Session>, StoreError> {
    let mut found = many(db, "removal IS NOT NULL AND ?1 IS NULL", None, CREATED)?;
    let settled = |session: &Session| {
        session.removal.as_ref().is_none_or(|removal| removal.state == RemovalState::Removed)
    };
    found.retain(|session| !settled(session));
    Ok(found)
}

/// Orchestrators of which a relaunch is under way, or was when a supervisor ended.
pub fn relaunching(db: &Connection) -> Result<Vec<Session>, StoreError> {
    many(db, "relaunch IS NOT NULL AND ?1 IS NULL", None, CREATED)
}

/// Sessions in order of creation: all, or those that are not over; of one project, or of all.
pub fn list(db: &Connection, project: Option<&str>, all: bool) -> Result<Vec<Session>, StoreError> {
    let filter = if all {
        "(?1 IS NULL OR project = ?1)"
    } else {
        "(?1 IS NULL OR project = ?1) AND over = 0"
    };
    many(db, filter, project, CREATED)
}

/// How many sessions of a project are not over.
pub fn count_alive(db: &Connection, project: &str) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM sessions WHERE project = ?1 AND over = 0";
    Ok(db.prepare_cached(sql)?.query_row([project], |row| row.get(0))?)
}

/// The session that is not over and whose host is one of `processes`.
pub fn by_host(db: &Connection, processes: &[ProcessId]) -> Result<Option<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions INDEXED BY sessions_by_host \
         WHERE over = 0 AND host_pid = ?1 AND host_start = ?2"
    );
    let mut query = db.prepare_cached(&sql)?;
    for process in processes {
        let start = i64::try_from(process.start_time).unwrap_or(i64::MAX);
        if let Some(session) = query.query_row((process.pid, start), Session::read).optional()? {
            return session.map(Some);
        }
    }
    Ok(None)
}

fn one(db: &Connection, filter: &str, value: &str) -> Result<Option<Session>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE {filter}");
    db.prepare_cached(&sql)?.query_row([value], Session::read).optional()?.transpose()
}

pub(super) fn many(
    db: &Connection,
    filter: &str,
    value: Option<&str>,
    order: &str,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE {filter} ORDER BY {order}");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([value], Session::read)?;
    rows.map(|row| row?).collect()
}
