//! Runs and operations, read.

use rusqlite::{Connection, OptionalExtension};

use crate::store::StoreError;

use super::record::{Op, Run};

/// The run `id`.
pub fn find(db: &Connection, id: &str) -> Result<Option<Run>, StoreError> {
    let sql = "SELECT * FROM workflow_runs WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], Run::read).optional()?.transpose()
}

/// The newest `limit` runs, of one project or of all, newest first.
pub fn list(db: &Connection, project: Option<&str>, limit: u32) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT * FROM workflow_runs WHERE ?1 IS NULL OR project = ?1 \
               ORDER BY created_at DESC, id LIMIT ?2";
    let mut query = db.prepare_cached(sql)?;
    query.query_map((project, limit), Run::read)?.map(|row| row?).collect()
}

/// Runs that are not over, oldest first.
pub fn by_state(db: &Connection) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT * FROM workflow_runs WHERE finished_at IS NULL ORDER BY created_at, id";
    db.prepare_cached(sql)?.query_map([], Run::read)?.map(|row| row?).collect()
}

/// A run's operations, in the order in which they were asked for.
pub fn ops(db: &Connection, run: &str) -> Result<Vec<Op>, StoreError> {
    let sql = "SELECT * FROM workflow_ops WHERE run = ?1 ORDER BY seq";
    db.prepare_cached(sql)?.query_map([run], Op::read)?.map(|row| row?).collect()
}

/// How many of a run's agents may be running.
pub fn agents_running(db: &Connection, run: &str) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM workflow_ops \
               WHERE run = ?1 AND kind = 'agent' AND state = 'running'";
    Ok(db.prepare_cached(sql)?.query_row([run], |row| row.get(0))?)
}
