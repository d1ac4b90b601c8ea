//! Runs and steps, read.

use rusqlite::{Connection, OptionalExtension};

use crate::model::flow::StepState;
use crate::store::StoreError;

use super::record::{Run, Step};

/// The run `id`.
pub fn find(db: &Connection, id: &str) -> Result<Option<Run>, StoreError> {
    let sql = "SELECT * FROM flow_runs WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], Run::read).optional()?.transpose()
}

/// The newest `limit` runs, of one project or of all, newest first.
pub fn list(db: &Connection, project: Option<&str>, limit: u32) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT * FROM flow_runs WHERE ?1 IS NULL OR project = ?1 \
               ORDER BY created_at DESC, id LIMIT ?2";
    let mut query = db.prepare_cached(sql)?;
    query.query_map((project, limit), Run::read)?.map(|row| row?).collect()
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
