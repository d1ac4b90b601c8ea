//! A subagent's row.

use rusqlite::Row;

use crate::model::ids::Timestamp;
use crate::model::message::Policy;
use crate::model::subagent::{Line, State};
use crate::store::StoreError;

/// One that is to be.
#[derive(Debug, Clone)]
pub struct New {
    /// `sa-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// A session's id, or `person`.
    pub parent: String,
    /// How many above it are subagents, itself included.
    pub depth: u32,
    /// A few words for people.
    pub title: Option<String>,
    /// How its parent is told of its end.
    pub policy: Policy,
    /// It goes on when its parent ends.
    pub stays: bool,
}

/// A subagent.
#[derive(Debug, Clone)]
pub struct Subagent {
    /// Its place in the order of acceptance.
    pub seq: i64,
    /// What it was accepted with.
    pub new: New,
    /// How it stands.
    pub state: State,
    /// The headless session that does it.
    pub session: Option<String>,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// SHA-256 of its result.
    pub result: Option<String>,
    /// Size of its result.
    pub bytes: u64,
    /// The result is JSON, not text.
    pub is_json: bool,
    /// Calls of tools.
    pub tool_calls: u32,
    /// The message that tells its parent.
    pub told: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Subagent {
    /// Outer: the row; inner: what is in it.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let (policy, state): (String, String) = (row.get("policy")?, row.get("state")?);
        let unknown = |what, value| Ok(Err(StoreError::Value { what, value }));
        let Some(policy) = Policy::parse(&policy) else { return unknown("policy", policy) };
        let Some(state) = State::parse(&state) else { return unknown("subagent's state", state) };
        Ok(Ok(Self {
            seq: row.get("seq")?,
            new: New {
                id: row.get("id")?,
                project: row.get("project")?,
                parent: row.get("parent")?,
                depth: row.get("depth")?,
                title: row.get("title")?,
                policy,
                stays: row.get("stays")?,
            },
            state,
            session: row.get("session")?,
            reason: row.get("reason")?,
            result: row.get("result")?,
            bytes: u64::try_from(row.get::<_, i64>("bytes")?).unwrap_or_default(),
            is_json: row.get("is_json")?,
            tool_calls: row.get("tool_calls")?,
            told: row.get("told")?,
            created_at: Timestamp(row.get("created_at")?),
            ended_at: row.get::<_, Option<i64>>("ended_at")?.map(Timestamp),
        }))
    }

    /// What a digest says of it.
    #[must_use]
    pub fn line(&self) -> Line {
        Line {
            id: self.new.id.clone(),
            title: self.new.title.clone(),
            state: self.state,
            reason: self.reason.clone(),
            bytes: self.bytes,
        }
    }
}
