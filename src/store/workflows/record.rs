//! The rows of a run and of its operations.

use rusqlite::Row;

use crate::model::ids::Timestamp;
use crate::model::workflow::{OpState, Outcome, RunState};
use crate::store::StoreError;

/// A run as it is stored.
#[derive(Debug, Clone)]
pub struct Run {
    /// `wf-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// The workflow's name.
    pub name: String,
    /// Where the script was read.
    pub file: String,
    /// The script, whole.
    pub script: String,
    /// JSON text; nothing: `undefined`.
    pub args: Option<String>,
    /// JSON.
    pub options: String,
    /// Where it is.
    pub state: RunState,
    /// A person has it wait.
    pub paused: bool,
    /// JSON text.
    pub result: Option<String>,
    /// JSON.
    pub error: Option<String>,
    /// The run whose results it takes.
    pub resumed_from: Option<String>,
    /// Of the working tree.
    pub fingerprint: Option<String>,
    /// The number of the last delivery.
    pub delivered: u64,
    /// Tokens of the results that were delivered, or what they cost, as the budget is.
    pub spent: f64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

impl Run {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let state: String = row.get("state")?;
        let Some(state) = RunState::parse(&state) else {
            return Ok(Err(StoreError::Value { what: "workflow run's state", value: state }));
        };
        Ok(Ok(Self {
            id: row.get("id")?,
            project: row.get("project")?,
            name: row.get("name")?,
            file: row.get("file")?,
            script: row.get("script")?,
            args: row.get("args")?,
            options: row.get("options")?,
            state,
            paused: row.get("paused")?,
            result: row.get("result")?,
            error: row.get("error")?,
            resumed_from: row.get("resumed_from")?,
            fingerprint: row.get("fingerprint")?,
            delivered: row.get::<_, i64>("delivered")?.unsigned_abs(),
            spent: row.get("spent")?,
            created_at: Timestamp(row.get("created_at")?),
            finished_at: row.get::<_, Option<i64>>("finished_at")?.map(Timestamp),
        }))
    }
}

/// An operation as it is stored.
#[derive(Debug, Clone)]
pub struct Op {
    /// 1, 2, 3 …
    pub seq: u64,
    /// `agent`, `timer`, `workflow`.
    pub kind: String,
    /// Empty, or that of a called workflow.
    pub scope: String,
    /// What it is known under.
    pub key: String,
    /// How many of that key came before it.
    pub ordinal: u32,
    /// For people.
    pub label: Option<String>,
    /// The phase it belongs to.
    pub phase: Option<String>,
    /// JSON.
    pub spec: String,
    /// Where the script asked for it.
    pub site: Option<String>,
    /// Where it is.
    pub state: OpState,
    /// 1, 2, 3 …; 0: not started.
    pub attempt: u32,
    /// The session of its last attempt, where it has one.
    pub session: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Its place in the run that its outcome was taken from.
    pub known_order: Option<u64>,
    /// That run.
    pub cached_from: Option<String>,
    /// Its place in this run's order.
    pub delivery: Option<u64>,
    /// What had been spent with it.
    pub spent_after: Option<f64>,
    /// Tokens.
    pub output_tokens: u64,
    /// Calls of tools.
    pub tool_calls: u32,
    /// US dollars, as far as prices are known.
    pub cost: f64,
    /// Somebody has spoken to its agent.
    pub tainted: bool,
    /// When it was asked for.
    pub issued_at: Timestamp,
    /// When its agent was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Op {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let seq: i64 = row.get("seq")?;
        let state: String = row.get("state")?;
        let outcome: Option<String> = row.get("outcome")?;
        let outcome = outcome.map(|text| serde_json::from_str(&text)).transpose();
        let (Some(state), Ok(outcome)) = (OpState::parse(&state), outcome) else {
            return Ok(Err(StoreError::Value {
                what: "workflow operation",
                value: seq.to_string(),
            }));
        };
        let number = |name: &str| -> rusqlite::Result<Option<u64>> {
            Ok(row.get::<_, Option<i64>>(name)?.map(i64::unsigned_abs))
        };
        Ok(Ok(Self {
            seq: seq.unsigned_abs(),
            kind: row.get("kind")?,
            scope: row.get("scope")?,
            key: row.get("key")?,
            ordinal: row.get("ordinal")?,
            label: row.get("label")?,
            phase: row.get("phase")?,
            spec: row.get("spec")?,
            site: row.get("site")?,
            state,
            attempt: row.get("attempt")?,
            session: row.get("session")?,
            outcome,
            known_order: number("known_order")?,
            cached_from: row.get("cached_from")?,
            delivery: number("delivery")?,
            spent_after: row.get("spent_after")?,
            output_tokens: row.get::<_, i64>("output_tokens")?.unsigned_abs(),
            tool_calls: row.get("tool_calls")?,
            cost: row.get("cost")?,
            tainted: row.get("tainted")?,
            issued_at: Timestamp(row.get("issued_at")?),
            started_at: row.get::<_, Option<i64>>("started_at")?.map(Timestamp),
            finished_at: row.get::<_, Option<i64>>("finished_at")?.map(Timestamp),
        }))
    }
}
