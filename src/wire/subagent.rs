//! Background subagents on the wire.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::AgentChoice;
use super::task::ArtifactView;

/// A subagent; never its result. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SubagentView {
    /// `sa-…`
    pub id: String,
    /// Its project.
    pub project: String,
    /// Whose it is: a session's id, or `person`.
    pub parent: String,
    /// 1 for one of a session that is none itself.
    pub depth: u32,
    /// A few words for people.
    pub title: Option<String>,
    /// How its parent is told of its end: `immediate`, `deferred`, `on_demand`.
    pub policy: String,
    /// It goes on when its parent ends.
    pub stays: bool,
    /// `queued`, `running`, `cancelling`, `completed`, `failed`, `cancelled`.
    pub state: String,
    /// The headless session that does it.
    pub session: Option<String>,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// Its result, to be read at `GET /subagents/{id}/result`.
    pub result: Option<ArtifactView>,
    /// The result is JSON, not text.
    pub is_json: bool,
    /// Calls of tools.
    pub tool_calls: u32,
    /// The message that tells its parent.
    pub told: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub ended_at: Option<String>,
    /// From its acceptance to its end, or until now.
    pub elapsed_s: u64,
}

/// `{"subagent": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SubagentAnswer {
    /// The subagent after the request.
    pub subagent: SubagentView,
}

/// `{"subagents": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SubagentList {
    /// Oldest first: the newest of those that are over, and all that are not.
    pub subagents: Vec<SubagentView>,
    /// Ask with this as `before` for older ones; absent: there are none.
    #[serde(default)]
    pub next_before: Option<String>,
}

/// `GET /subagents?project=&parent=`; a session that names neither gets its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SubagentQuery {
    /// Only this project's.
    pub project: Option<String>,
    /// Only this one's: a session's id, or `person`.
    pub parent: Option<String>,
    /// Only those before this one that are over: the page before said it as `next_before`.
    pub before: Option<String>,
    /// At most this many that are over, 200 unless named, 2,000 at most.
    pub limit: Option<u32>,
}

/// `GET /subagents/{id}/wait?timeout_s=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SubagentWaitQuery")]
pub struct WaitQuery {
    /// Seconds; the answer after that is an error `timeout`. Absent: no limit.
    pub timeout_s: Option<f64>,
}

/// `POST /subagents`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpawnSubagent {
    /// The project.
    pub project: String,
    /// The agent.
    #[serde(flatten)]
    pub choice: AgentChoice,
    /// What it is to be: the name of a file in `.ao/agents` or `.claude/agents`.
    pub agent_type: Option<String>,
    /// The task, complete.
    pub prompt: String,
    /// A few words for people.
    pub title: Option<String>,
    /// A JSON Schema that the result must meet; absent: the result is text.
    pub schema: Option<serde_json::Value>,
    /// How the parent is told of its end: `immediate`, `deferred`, `on_demand`; absent: as its
    /// kind, the project's `ao.toml` or the settings say.
    pub deliver: Option<String>,
    /// It goes on when its parent ends.
    pub stays: bool,
    /// In a worktree of its own, instead of the parent's.
    pub own_worktree: bool,
    /// The call of a tool after this many ends it.
    pub max_tool_calls: Option<u32>,
    /// How long it may take, in milliseconds; absent: an hour.
    pub timeout_ms: Option<u64>,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment for the agent.
    pub env: BTreeMap<String, String>,
}
