//! Runs and operations, read.

use rusqlite::{Connection, OptionalExtension};

use crate::store::StoreError;
use crate::store::run_page::{self, Wanted};

use super::record::{Op, Run};

/// The run `id`.
pub fn find(db: &Connection, id: &str) -> Result<Option<Run>, StoreError> {
    let sql = "SELECT * FROM workflow_runs WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], Run::read).optional()?.transpose()
}

/// A page of runs, of one project or of all, newest first: the newest `limit` of those that are
/// over and, without `before`, all that are not. `before` is the run that the page before ended
/// with; whether older ones follow is the second part of the answer.
pub fn list(
    db: &Connection,
    project: Option<&str>,
    before: Option<&str>,
    limit: u32,
) -> Result<(Vec<Run>, bool), StoreError> {
    // A page before a run that is not there would be empty, as if there were nothing more.
    let missing = |id: &str| StoreError::NotFound { what: "workflow run", id: id.to_owned() };
    let before = match before {
        Some(id) => Some((find(db, id)?.ok_or_else(|| missing(id))?.created_at, id)),
        None => None,
    };
    let wanted = Wanted { project, before, limit };
    let (mut runs, has_more) = run_page::over(db, "workflow_runs", &wanted, Run::read)?;
    if before.is_none() {
        let is_meant = |run: &Run| project.is_none_or(|project| run.project == project);
        runs.extend(by_state(db)?.into_iter().filter(is_meant));
        runs.sort_by(|a, b| (b.created_at.0, &b.id).cmp(&(a.created_at.0, &a.id)));
    }
    Ok((runs, has_more))
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
