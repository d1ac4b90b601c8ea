//! Tool calls on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool call. Stable shape. Secrets are taken out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceView {
    /// Its number, and the cursor of a page.
    pub id: i64,
    /// The session.
    pub session: String,
    /// The project.
    pub project: String,
    /// The launch of the session.
    pub generation: u32,
    /// The agent.
    pub agent: String,
    /// The agent's own conversation.
    pub chat_id: Option<String>,
    /// The turn in the session, from 1.
    pub turn: u32,
    /// The agent's own id of the call.
    pub call_id: String,
    /// The subagent that made it.
    pub chain: Option<String>,
    /// The call that started that subagent.
    pub parent: Option<String>,
    /// The model's message that asked for it.
    pub message: Option<String>,
    /// The tool.
    pub tool: String,
    /// What went in.
    pub input: Option<BodyView>,
    /// What came out.
    pub output: Option<BodyView>,
    /// Input or output is only its begin; `GET /traces/{id}` has all of it.
    pub truncated: bool,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// RFC 3339.
    pub finished_at: Option<String>,
    /// From begin to end, the time that a permission took included.
    pub latency_ms: Option<u64>,
    /// For how long it has been running, if it is.
    pub running_ms: Option<u64>,
    /// How long the tool itself ran, where the agent says so.
    pub run_ms: Option<u64>,
    /// Tokens of the message that asked for it, on that message's first call only: all that were
    /// not read from the cache, output included.
    pub tokens_used: Option<u64>,
    /// Of the same message, tokens read from the cache.
    pub cache_tokens: Option<u64>,
    /// Of the same message, tokens of reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// `running`, `ok`, `error`, `denied`, `unknown`.
    pub outcome: String,
    /// Who told of it first: `hook`, `stream`, `transcript`.
    pub source: String,
}

/// What went into a tool or came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyView {
    /// As the agent gave it; a text with its begin where it is cut.
    pub value: Value,
    /// The size of all of it as JSON.
    pub bytes: u64,
    /// `value` is only the begin.
    pub cut: bool,
    /// The artifact that holds all of it.
    pub sha256: Option<String>,
}

/// A turn: from a prompt to the end of what it caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnView {
    /// From 1.
    pub turn: u32,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub ended_at: Option<String>,
}

/// `{"traces": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TraceList {
    /// In the order in which they were seen.
    pub traces: Vec<TraceView>,
    /// The turns of these calls, where one session was asked for.
    #[serde(default)]
    pub turns: Vec<TurnView>,
    /// There are older ones: ask with `before` this.
    pub next_before: Option<i64>,
    /// With `after` there are newer ones: ask with `after` this.
    pub next_after: Option<i64>,
}

/// `{"trace": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TraceAnswer {
    /// The call with the whole of its bodies.
    pub trace: TraceView,
}

/// `GET /traces?session=&project=&turn=&tool=&outcome=&before=&after=&limit=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TraceQuery {
    /// Only this session's.
    pub session: Option<String>,
    /// Only this project's.
    pub project: Option<String>,
    /// Only of this turn.
    pub turn: Option<u32>,
    /// Only of this tool.
    pub tool: Option<String>,
    /// Only with this outcome.
    pub outcome: Option<String>,
    /// Only calls with a smaller number: the page before.
    pub before: Option<i64>,
    /// Only calls with a larger number: the page after.
    pub after: Option<i64>,
    /// At most this many; absent: 100, never over 1000.
    pub limit: Option<u32>,
}
