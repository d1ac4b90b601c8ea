//! Runs and steps, read.

use rusqlite::{Connection, OptionalExtension};

use crate::model::flow::StepState;
use crate::store::StoreError;
use crate::store::run_page::{self, Wanted};

use super::record::{Run, Step};

/// The run `id`.
pub fn find(db: &Connection, id: &str) -> Result<Option<Run>, StoreError> {
    let sql = "SELECT * FROM flow_runs WHERE id = ?1";
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
    let missing = |id: &str| StoreError::NotFound { what: "flow run", id: id.to_owned() };
    let before = match before {
        Some(id) => Some((find(db, id)?.ok_or_else(|| missing(id))?.created_at, id)),
        None => None,
    };
    let wanted = Wanted { project, before, limit };
    let (mut runs, has_more) = run_page::over(db, "flow_runs", &wanted, Run::read)?;
    if before.is_none() {
        let is_meant = |run: &Run| project.is_none_or(|project| run.project == project);
        runs.extend(open(db)?.into_iter().filter(is_meant));
        runs.sort_by(|a, b| (b.created_at.0, &b.id).cmp(&(a.created_at.0, &a.id)));
    }
    Ok((runs, has_more))
}

/// Runs that are not over, oldest first.
pub fn open(db: &Connection) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT * FROM flow_runs WHERE finished_at IS NULL ORDER BY created_at, id";
    db.prepare_cached(sql)?.query_map([], Run::read)?.map(|row| row?).collect()
}

/// A run's steps, in the order of the file.
pub fn steps(db: &Connection, run: &str) -> Result<Vec<Step>, StoreError> {
    let sql = "SELECT * FROM flow_steps WHERE run = ?1 ORDER BY idx";
    db.prepare_cached(sql)?.query_map([run], Step::read)?.map(|row| row?).collect()
}

/// One step, by its id in the file.
pub fn step(db: &Connection, run: &str, id: &str) -> Result<Step, StoreError> {
    let sql = "SELECT * FROM flow_steps WHERE run = ?1 AND step = ?2";
    let found = db.prepare_cached(sql)?.query_row((run, id), Step::read).optional()?;
    found.unwrap_or_else(|| Err(StoreError::NotFound { what: "step", id: format!("{run} {id}") }))
}

/// A step's state and its result, by its number.
pub fn state_of(
    db: &Connection,
    run: &str,
    idx: u32,
) -> Result<(StepState, Option<String>), StoreError> {
    let sql = "SELECT state, result FROM flow_steps WHERE run = ?1 AND idx = ?2";
    let (state, result): (String, Option<String>) =
        db.prepare_cached(sql)?.query_row((run, idx), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let state = StepState::parse(&state)
        .ok_or(StoreError::Value { what: "flow step's state", value: state })?;
    Ok((state, result))
}
