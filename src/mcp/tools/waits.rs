//! wait_for_agent, wait_for_any. A wait is shorter than the patience of clients, and its end no
//! error.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pages;
use crate::client::{Client, Deadline, Target};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::session::{SessionAnswer, SessionDetail, SessionView};

/// Seconds, where nothing is said: clients give a tool a minute.
const USUAL: f64 = 30.0;
/// Most seconds.
const LONGEST: f64 = 300.0;
/// The supervisor ends a wait itself; this much later it is taken for silent.
const SLACK: Duration = Duration::from_secs(5);
/// Most agents to wait for at once.
const MOST: usize = 50;

/// How far.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Until {
    #[default]
    Rest,
    Done,
    Exited,
}

impl Until {
    fn wire(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Done => "done",
            Self::Exited => "exited",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    agent_id: String,
    /// rest [default], done: it reported so, exited
    #[serde(default)]
    until: Option<Until>,
    /// 30 [default] to 300
    #[serde(default)]
    timeout_s: Option<f64>,
}

pub(super) async fn one(caller: Arc<Caller>, asked: One) -> Result<Value, ToolError> {
    let limit = limit(asked.timeout_s)?;
    let client = caller.client().await?;
    let until = asked.until.unwrap_or_default();
    if let Some(session) = wait(&client, &asked.agent_id, until, limit).await? {
        return Ok(arrived(&session));
    }
    let target = Target::new(&["sessions", &asked.agent_id]);
    let detail: SessionDetail = client.get(&target).await?;
    let mut value = arrived(&detail.session);
    value["timed_out"] = true.into();
    Ok(value)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Any {
    agent_ids: Vec<String>,
    #[serde(default)]
    until: Option<Until>,
    #[serde(default)]
    timeout_s: Option<f64>,
}

pub(super) async fn any(caller: Arc<Caller>, asked: Any) -> Result<Value, ToolError> {
    let ids = &asked.agent_ids;
    if ids.is_empty() || ids.len() > MOST {
        let text = format!("agent_ids: there are {}; next: name 1 to {MOST}", ids.len());
        return Err(ToolError::usage(text));
    }
    let limit = limit(asked.timeout_s)?;
    let client = caller.client().await?;
    let until = asked.until.unwrap_or_default();
    let waits = ids.iter().map(|id| Box::pin(wait(&client, id, until, limit)));
    let first = select_all(waits).await.0?;
    let Some(session) = first else {
        return Ok(json!({"timed_out": true, "pending": ids}));
    };
    let mut value = arrived(&session);
    value["pending"] = ids.iter().filter(|id| **id != session.id).cloned().collect();
    Ok(value)
}

fn limit(seconds: Option<f64>) -> Result<Duration, ToolError> {
    let seconds = seconds.unwrap_or(USUAL).min(LONGEST);
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        ToolError::usage(format!("timeout_s: {seconds} is no time; next: give 0 to {LONGEST}"))
    })
}

/// The session when it is there; none when the time is up.
async fn wait(
    client: &Client,
    id: &str,
    until: Until,
    limit: Duration,
) -> Result<Option<SessionView>, ToolError> {
    let target = Target::new(&["sessions", id, "wait"])
        .with("for", Some(until.wire()))
        .with("timeout_s", Some(limit.as_secs_f64().to_string()));
    let deadline = Deadline::Within(limit + SLACK);
    let answer: Result<SessionAnswer, _> = client.get_within(&target, deadline).await;
    match answer.map_err(ToolError::from) {
        Ok(answer) => Ok(Some(answer.session)),
        Err(error) if error.is_timeout() => Ok(None),
        Err(error) => Err(error),
    }
}

fn arrived(session: &SessionView) -> Value {
    let mut value = json!({
        "agent_id": session.id,
        "state": session.status,
        "why": pages::preview(&session.status_reason, 300),
        "timed_out": false,
    });
    if let Some(report) = &session.report {
        let note = report.note.as_deref().unwrap_or_default();
        value["report"] = json!({"state": report.state, "note": pages::preview(note, 2000)});
    }
    value
}
