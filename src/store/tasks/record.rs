//! A task's row.

use rusqlite::Row;

use crate::model::board::{Attempts, State, TaskId};
use crate::model::ids::Timestamp;
use crate::store::StoreError;

/// A task as it is stored.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its project.
    pub project: String,
    /// What it is, in a line.
    pub subject: String,
    /// What it is, in full.
    pub body: String,
    /// Where it stands.
    pub state: State,
    /// 1, and one more with every change.
    pub version: u32,
    /// How many of those it depends on are not done.
    pub open: u32,
    /// Who works on it: a session's id, or `person`.
    pub owner: Option<String>,
    /// Who worked on it last.
    pub last_owner: Option<String>,
    /// Who put it on the board.
    pub created_by: String,
    /// Claims so far, and how many may fail.
    pub attempts: Attempts,
    /// JSON, for whoever put it there.
    pub metadata: Option<String>,
    /// The last words on it.
    pub note: Option<String>,
    /// SHA-256 of the result's artifact.
    pub result: Option<String>,
    /// The result's size.
    pub result_bytes: Option<u32>,
    /// When it was put on the board.
    pub created_at: Timestamp,
    /// When it was claimed last.
    pub claimed_at: Option<Timestamp>,
    /// When it was done, failed or cancelled.
    pub ended_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "id, project, subject, body, state, version, open, owner, \
    last_owner, created_by, attempts, max_attempts, metadata, note, result, result_bytes, \
    created_at, claimed_at, ended_at";

impl Task {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let state: String = row.get("state")?;
        let Some(state) = State::parse(&state) else {
            return Ok(Err(StoreError::Value { what: "state of a task", value: state }));
        };
        let moment = |name| row.get::<_, Option<i64>>(name).map(|at| at.map(Timestamp));
        Ok(Ok(Self {
            id: TaskId(row.get("id")?),
            project: row.get("project")?,
            subject: row.get("subject")?,
            body: row.get("body")?,
            state,
            version: row.get("version")?,
            open: row.get("open")?,
            owner: row.get("owner")?,
            last_owner: row.get("last_owner")?,
            created_by: row.get("created_by")?,
            attempts: Attempts { made: row.get("attempts")?, most: row.get("max_attempts")? },
            metadata: row.get("metadata")?,
            note: row.get("note")?,
            result: row.get("result")?,
            result_bytes: row.get("result_bytes")?,
            created_at: Timestamp(row.get("created_at")?),
            claimed_at: moment("claimed_at")?,
            ended_at: moment("ended_at")?,
        }))
    }
}
