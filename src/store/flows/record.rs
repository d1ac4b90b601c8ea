//! The rows of a run and of its steps.

use rusqlite::Row;

use crate::model::flow::{RunState, Spent, StepState};
use crate::model::ids::Timestamp;
use crate::store::StoreError;

/// A run as it is stored.
#[derive(Debug, Clone)]
pub struct Run {
    /// `fl-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// The flow's name.
    pub name: String,
    /// Where the flow was read.
    pub file: String,
    /// The flow's file, whole.
    pub text: String,
    /// JSON.
    pub args: String,
    /// JSON.
    pub options: String,
    /// Where it is.
    pub state: RunState,
    /// Why it is paused.
    pub reason: Option<String>,
    /// What it has spent.
    pub spent: Spent,
    /// Who asked for it.
    pub started_by: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

impl Run {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let state: String = row.get("state")?;
        let Some(state) = RunState::parse(&state) else {
            return Ok(Err(StoreError::Value { what: "flow run's state", value: state }));
        };
        Ok(Ok(Self {
            id: row.get("id")?,
            project: row.get("project")?,
            name: row.get("name")?,
            file: row.get("file")?,
            text: row.get("text")?,
            args: row.get("args")?,
            options: row.get("options")?,
            state,
            reason: row.get("reason")?,
            spent: Spent {
                tokens: row.get::<_, i64>("tokens")?.unsigned_abs(),
                money: row.get("money")?,
                agents: row.get("agents")?,
            },
            started_by: row.get("started_by")?,
            created_at: Timestamp(row.get("created_at")?),
            finished_at: row.get::<_, Option<i64>>("finished_at")?.map(Timestamp),
        }))
    }
}

/// A step as it is stored.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number, in the order of the file.
    pub idx: u32,
    /// Its id there.
    pub step: String,
    /// Where it stands.
    pub state: StepState,
    /// How many of those it depends on are not over.
    pub waits: u32,
    /// The number of its last attempt; 0: none yet.
    pub attempt: u32,
    /// Attempts that count.
    pub tries: u32,
    /// Attempts that were lost with their processes.
    pub lost: u32,
    /// No attempt before this.
    pub not_before: Timestamp,
    /// Its version.
    pub version: u32,
    /// The artifact that is its result, with its size.
    pub result: Option<(String, u64)>,
    /// The beginning of its result.
    pub preview: Option<String>,
    /// Why its last attempt failed, whole.
    pub error: Option<String>,
    /// What a gate asks, what a fold noticed.
    pub note: Option<String>,
    /// When it was begun first.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

impl Step {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let state: String = row.get("state")?;
        let Some(state) = StepState::parse(&state) else {
            return Ok(Err(StoreError::Value { what: "flow step's state", value: state }));
        };
        let result: Option<String> = row.get("result")?;
        let bytes = row.get::<_, Option<i64>>("bytes")?.unwrap_or(0).unsigned_abs();
        Ok(Ok(Self {
            idx: row.get("idx")?,
            step: row.get("step")?,
            state,
            waits: row.get("waits")?,
            attempt: row.get("attempt")?,
            tries: row.get("tries")?,
            lost: row.get("lost")?,
            not_before: Timestamp(row.get("not_before")?),
            version: row.get("version")?,
            result: result.map(|sha256| (sha256, bytes)),
            preview: row.get("preview")?,
            error: row.get("error")?,
            note: row.get("note")?,
            started_at: row.get::<_, Option<i64>>("started_at")?.map(Timestamp),
            finished_at: row.get::<_, Option<i64>>("finished_at")?.map(Timestamp),
        }))
    }
}
