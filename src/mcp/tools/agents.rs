//! create_agent, list_agents, get_agent, get_agent_activity, archive_agent.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pages;
use crate::client::{Deadline, Target, caller as surroundings};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::session::{
    AgentChoice, Kill, ResultView, SessionAnswer, SessionDetail, SessionList, SessionView, Spawn,
    SpawnAnswer,
};
use crate::wire::trace::{TraceList, TraceView};

/// Most agents in one answer.
const MOST: usize = 100;
/// Characters of a line about an agent.
const LINE: usize = 200;

/// When an agent's reports reach who started it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Policy {
    Immediate,
    Deferred,
    OnDemand,
}

impl Policy {
    pub(super) fn wire(self) -> String {
        match self {
            Self::Immediate => "immediate",
            Self::Deferred => "deferred",
            Self::OnDemand => "on_demand",
        }
        .to_owned()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// The task, complete: it knows nothing else
    prompt: String,
    /// A few words for people
    #[serde(default)]
    title: Option<String>,
    /// claude, codex … [default: the project's]
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    model: Option<String>,
    /// Branch to make
    #[serde(default)]
    branch: Option<String>,
    /// What to branch from
    #[serde(default)]
    base: Option<String>,
    /// When its reports reach you
    #[serde(default)]
    deliver: Option<Policy>,
    /// If there is no room: wait in line instead of failing
    #[serde(default)]
    queue: bool,
    /// Repeating the call with the same key makes no second agent
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn create(caller: Arc<Caller>, asked: Create) -> Result<Value, ToolError> {
    if asked.prompt.trim().is_empty() {
        return Err(ToolError::usage("prompt: it is empty; next: say what the agent is to do"));
    }
    let client = caller.client_with(asked.idempotency_key).await?;
    let body = Spawn {
        project: caller.project(&client).await?,
        choice: AgentChoice { agent: asked.agent, model: asked.model, ..AgentChoice::default() },
        prompt: Some(asked.prompt),
        branch: asked.branch,
        base: asked.base,
        label: asked.title,
        deliver: asked.deliver.map(Policy::wire),
        path: surroundings::path(&caller.environment),
        env: surroundings::variables(&caller.environment),
        queue: asked.queue,
        ..Spawn::default()
    };
    let answer: SpawnAnswer =
        client.post(&Target::new(&["sessions"]), &body, Deadline::SetUp).await?;
    let session = &answer.session;
    let mut value = json!({
        "agent_id": session.id,
        "state": session.status,
        "branch": session.branch,
        "worktree": session.worktree,
    });
    if !answer.notices.is_empty() {
        value["notices"] = json!(answer.notices);
    }
    Ok(value)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// Ended ones too
    #[serde(default)]
    all: bool,
}

pub(super) async fn list(caller: Arc<Caller>, asked: List) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let project = caller.project(&client).await?;
    let target = Target::new(&["sessions"]).with("project", Some(project)).flag("all", asked.all);
    let list: SessionList = client.get(&target).await?;
    let left_out = list.sessions.len().saturating_sub(MOST);
    // The newest are the last.
    let agents: Vec<Value> = list.sessions.iter().skip(left_out).map(line).collect();
    Ok(json!({"agents": agents, "older": left_out}))
}

fn line(session: &SessionView) -> Value {
    let note = session.report.as_ref().and_then(|report| report.note.as_deref());
    let mut value = json!({
        "agent_id": session.id,
        "state": session.status,
        "for_s": session.status_age_s,
        "branch": session.branch,
        "line": pages::preview(note.unwrap_or(&session.status_reason), LINE),
    });
    if let Some(title) = &session.label {
        value["title"] = title.as_str().into();
    }
    value
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Get {
    agent_id: String,
    /// Of its result, in characters
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    limit: Option<usize>,
}

pub(super) async fn get(caller: Arc<Caller>, asked: Get) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let id = asked.agent_id.as_str();
    let detail: SessionDetail = client.get(&Target::new(&["sessions", id])).await?;
    let result: ResultView = client.get(&Target::new(&["sessions", id, "result"])).await?;
    let session = &detail.session;
    let mut value = json!({
        "agent_id": session.id,
        "title": session.label,
        "agent": session.agent,
        "state": session.status,
        "why": session.status_reason,
        "branch": session.branch,
        "worktree": session.worktree,
        "queued_messages": session.inbox.queued,
        "report": session.report,
        "end_reason": session.end_reason,
    });
    if let Some(work) = &detail.work {
        let commit = |commit: &crate::wire::session::CommitView| {
            let id: String = commit.id.chars().take(12).collect();
            format!("{id} {}", pages::preview(&commit.subject, 100))
        };
        value["commits"] = work.commits.iter().take(20).map(commit).collect();
        value["uncommitted"] = json!(work.uncommitted);
    }
    if let (Some(text), Some(answer)) = (&result.result, value.as_object_mut()) {
        pages::put(answer, "result", text, asked.offset, asked.limit);
    }
    Ok(value)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Activity {
    agent_id: String,
    #[serde(default)]
    limit: Option<u32>,
    /// The page before: its next_before
    #[serde(default)]
    before: Option<i64>,
}

pub(super) async fn activity(caller: Arc<Caller>, asked: Activity) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let limit = asked.limit.unwrap_or(20).clamp(1, 50);
    let target = Target::new(&["traces"])
        .with("session", Some(&asked.agent_id))
        .with("limit", Some(limit.to_string()))
        .with("before", asked.before.map(|before| before.to_string()));
    let list: TraceList = client.get(&target).await?;
    let calls: Vec<Value> = list.traces.iter().map(call).collect();
    let mut value = json!({"agent_id": asked.agent_id, "calls": calls});
    if let Some(before) = list.next_before {
        value["next_before"] = before.into();
    }
    Ok(value)
}

fn call(trace: &TraceView) -> Value {
    let input = trace.input.as_ref().map(|body| match &body.value {
        Value::String(text) => pages::preview(text, LINE),
        other => pages::preview(&other.to_string(), LINE),
    });
    let mut value = json!({
        "at": trace.started_at,
        "tool": trace.tool,
        "outcome": trace.outcome,
        "input": input,
    });
    if let Some(error) = &trace.error {
        value["error"] = pages::preview(error, LINE).into();
    }
    value
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Archive {
    agent_id: String,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn archive(caller: Arc<Caller>, asked: Archive) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    let id = asked.agent_id.as_str();
    let target = Target::new(&["sessions", id, "kill"]);
    let answer: SessionAnswer = client.post(&target, &Kill::default(), Deadline::Long).await?;
    let detail: Result<SessionDetail, _> = client.get(&Target::new(&["sessions", id])).await;
    let work = detail.ok().and_then(|detail| detail.work);
    let session = &answer.session;
    Ok(json!({
        "agent_id": session.id,
        "state": "archived",
        "ended": session.end_reason,
        "branch": session.branch,
        "worktree": session.worktree,
        "uncommitted": work.and_then(|work| work.uncommitted),
        "kept": "branch, worktree and everything in it; `ao clean` removes them, `ao restore` \
                 goes on",
    }))
}
