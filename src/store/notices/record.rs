//! A notice's row.

use rusqlite::Row;

use crate::model::ids::{SessionId, Timestamp};
use crate::model::message::Policy;
use crate::model::session::ReportState;
use crate::store::StoreError;

/// A notice as it is stored.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its number.
    pub seq: i64,
    /// The project of both sessions.
    pub project: String,
    /// Whom it is for.
    pub recipient: SessionId,
    /// What is reported.
    pub state: ReportState,
    /// Who reports it.
    pub subject: SessionId,
    /// In its words.
    pub note: Option<String>,
    /// The size of the result that came with it.
    pub result_bytes: Option<u64>,
    /// A hash of note and result.
    pub content: String,
    /// How it wants to be delivered.
    pub policy: Policy,
    /// When it was made.
    pub made_at: Timestamp,
    /// Not to be told before.
    pub not_before: Timestamp,
    /// When it causes a message by itself.
    pub due_at: Timestamp,
    /// The message that it is part of.
    pub message: Option<String>,
    /// How many attempts to write its message are known to have typed nothing.
    pub withheld: u32,
    /// When its message was last about to be written.
    pub told_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "seq, project, recipient, kind, subject, note, result_bytes, \
    content, policy, made_at, not_before, due_at, message, withheld, \
    told_at";

impl Notice {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let seq: i64 = row.get("seq")?;
        let recipient: String = row.get("recipient")?;
        let subject: String = row.get("subject")?;
        let kind: String = row.get("kind")?;
        let policy: String = row.get("policy")?;
        let parsed = (
            SessionId::parse(recipient),
            SessionId::parse(subject),
            ReportState::parse(&kind),
            Policy::parse(&policy),
        );
        let (Ok(recipient), Ok(subject), Some(state), Some(policy)) = parsed else {
            return Ok(Err(StoreError::Value { what: "notice", value: seq.to_string() }));
        };
        Ok(Ok(Self {
            seq,
            project: row.get("project")?,
            recipient,
            state,
            subject,
            note: row.get("note")?,
            result_bytes: row.get::<_, Option<i64>>("result_bytes")?.map(i64::unsigned_abs),
            content: row.get("content")?,
            policy,
            made_at: Timestamp(row.get("made_at")?),
            not_before: Timestamp(row.get("not_before")?),
            due_at: Timestamp(row.get("due_at")?),
            message: row.get("message")?,
            withheld: row.get("withheld")?,
            told_at: row.get::<_, Option<i64>>("told_at")?.map(Timestamp),
        }))
    }
}
