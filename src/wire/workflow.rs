//! Workflows on the wire.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A script that can be run. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScriptView {
    /// By which it is called; of a broken file its own name.
    pub name: String,
    /// `project`, `user`, `builtin`.
    pub source: String,
    /// Where it is; `builtin:NAME` for those of ao.
    pub file: String,
    /// `ok` or `invalid`.
    pub state: String,
    /// In its words; why it is invalid.
    pub description: String,
    /// When it should be used.
    pub when_to_use: Option<String>,
    /// The titles of its phases.
    pub phases: Vec<String>,
    /// Another one of that name comes first.
    pub shadowed: bool,
    /// Its text; only in `GET /workflows/scripts/{name}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
}

/// `{"workflows": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScriptList {
    /// Those that come first before those that they shadow.
    pub workflows: Vec<ScriptView>,
}

/// `POST /workflows`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Launch {
    /// The project.
    pub project: String,
    /// A workflow's name; or
    pub name: Option<String>,
    /// a script's text, with
    pub script: Option<String>,
    /// the file that it is from.
    pub file: Option<String>,
    /// What the script gets as `args`; absent: `undefined`. `null` is a value.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
    /// Agents at the same time, 1 to 64; absent: the script's own, else 3.
    pub concurrency: Option<u32>,
    /// Output tokens that may be spent; or
    pub budget: Option<f64>,
    /// US dollars, by the prices that are configured.
    pub budget_usd: Option<f64>,
    /// An earlier run whose results are taken.
    pub resume_from: Option<String>,
    /// Only up to the first call that it does not know.
    pub strict_prefix: bool,
    /// Nothing is taken from earlier runs.
    pub fresh: bool,
    /// The agent by name; absent: the project's choice, else the configuration's.
    pub agent: Option<String>,
    /// The command that is the agent, instead.
    pub command: Option<Vec<String>>,
    /// A command runs in a session with a pane, as an agent with a name does anyway.
    pub show: bool,
    /// Longest time without a wait, in milliseconds; absent: 5000.
    pub slice_ms: Option<u64>,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment.
    pub env: BTreeMap<String, String>,
}

/// `null` is there, absence is not.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// A run. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    /// `wf-…`
    pub run_id: String,
    /// Its project.
    pub project: String,
    /// The workflow's name.
    pub name: String,
    /// `queued`, `running`, `paused`, `interrupted`, `cancelling`, `completed`, `failed`,
    /// `cancelled`.
    pub state: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub finished_at: Option<String>,
    /// The run whose results it takes.
    pub resumed_from: Option<String>,
    /// Phases in the order in which they came up.
    pub phases: Vec<String>,
    /// Its agents.
    pub agents: Vec<AgentView>,
    /// What it used.
    pub usage: Usage,
}

/// One agent of a run. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunAgent")]
pub struct AgentView {
    /// 1, 2, 3 … in the order in which the script asked.
    pub seq: u64,
    /// For people.
    pub label: String,
    /// The phase it belongs to.
    pub phase: Option<String>,
    /// `issued`, `running`, `cached`, `succeeded`, `failed`, `cancelled`, `abandoned`.
    pub state: String,
    /// 1, 2, 3 …; 0: not started.
    pub attempt: u32,
    /// The session in which it runs or ran; null for a command without one.
    #[serde(default)]
    pub session: Option<String>,
    /// Why it came to nothing.
    pub failure: Option<String>,
    /// What it waits for, and until when.
    #[serde(default)]
    pub waits: Option<String>,
    /// The run that its result is from.
    pub cached_from: Option<String>,
    /// Where the script asked for it.
    pub site: Option<String>,
    /// The key of its specification: SHA-256 in hex.
    pub key: String,
    /// Tokens.
    pub output_tokens: u64,
    /// Calls of tools.
    pub tool_calls: u32,
    /// US dollars, as far as prices are known.
    #[serde(default)]
    pub cost_usd: f64,
    /// It was sent a message that it has read: its result is not taken by other runs.
    #[serde(default)]
    pub tainted: bool,
    /// Milliseconds from its start to its end, or until now.
    pub duration_ms: Option<u64>,
}

/// What a run used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunUsage")]
pub struct Usage {
    /// Agents that ran.
    pub agents: u32,
    /// Agents whose result was known.
    pub cached: u32,
    /// Tokens of those that ran.
    pub output_tokens: u64,
    /// Calls of tools.
    pub tool_calls: u32,
    /// US dollars, as far as prices are known.
    #[serde(default)]
    pub cost_usd: f64,
    /// Milliseconds from its acceptance to its end, or until now.
    pub duration_ms: u64,
}

/// `{"run": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunAnswer {
    /// The run.
    pub run: RunView,
    /// What was noticed at its launch.
    #[serde(default)]
    pub notices: Vec<String>,
}

/// `{"runs": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunList {
    /// The newest first: the newest of those that are over, and all that are not.
    pub runs: Vec<RunView>,
    /// Ask with this as `before` for older ones; absent: there are none.
    #[serde(default)]
    pub next_before: Option<String>,
}

/// `GET /workflows?project=&before=&limit=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "WorkflowRunQuery")]
pub struct RunQuery {
    /// Only this project's.
    pub project: Option<String>,
    /// Only those before this one that are over: the page before said it as `next_before`.
    pub before: Option<String>,
    /// At most this many that are over, 50 unless named, 1,000 at most.
    pub limit: Option<u32>,
}

/// Something that was dropped or came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureView {
    /// The agent, where it is one.
    pub seq: Option<u64>,
    /// Its label, or `parallel[1]`.
    pub label: String,
    /// `crash`, `timeout` …, or the error's class.
    pub kind: String,
    /// In words: a line for people.
    pub message: String,
}

/// What came of a run. Stable shape.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunResult")]
pub struct ResultView {
    /// `wf-…`
    pub run_id: String,
    /// `completed`, `failed`, `cancelled`.
    pub state: String,
    /// The script's value; absent where it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// `{name, message, stack, site}`, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// Dropped items and agents that came to nothing.
    pub failures: Vec<FailureView>,
    /// What the script and ao had to say.
    pub warnings: Vec<String>,
    /// Phases in the order in which they came up.
    pub phases: Vec<String>,
    /// What it used.
    pub usage: Usage,
}

/// One line of a run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LineView {
    /// RFC 3339.
    pub at: String,
    /// `phase`, `log`, `warn`, `drop`, `child`.
    pub kind: String,
    /// The line.
    pub text: String,
    /// The called workflow that it is from.
    pub scope: Option<String>,
}

/// `{"lines": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LineList {
    /// Oldest first.
    pub lines: Vec<LineView>,
}

/// `POST /workflows/{id}/stop`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "StopRun")]
pub struct Stop {
    /// Only this agent: its number or label.
    pub agent: Option<String>,
}

/// `GET /workflows/{id}/wait?timeout_s=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WaitQuery {
    /// Seconds; the answer after that is an error `timeout`. Absent: no limit.
    pub timeout_s: Option<f64>,
}
