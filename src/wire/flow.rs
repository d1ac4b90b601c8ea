//! Flows on the wire.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /flows`: start a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FlowLaunch")]
pub struct Launch {
    /// The project.
    pub project: String,
    /// A flow of the repository, or of the configuration directory; instead of `text` and `file`.
    pub name: Option<String>,
    /// The flow's file, whole.
    pub text: String,
    /// Where it was read, for people.
    pub file: String,
    /// Its arguments.
    pub args: BTreeMap<String, Value>,
    /// The command that stands for every agent: told the prompt on standard input.
    pub command: Option<Vec<String>>,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment.
    pub env: BTreeMap<String, String>,
}

/// What a run may use, and what it has used. Stable shape.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlowBudget")]
pub struct BudgetView {
    /// Agents that were started, repeated attempts included.
    pub agents: u32,
    /// Tokens that they have told of.
    pub tokens: u64,
    /// Money, as far as prices are known.
    pub money: f64,
    /// The limits that are set: `tokens`, `money`, `agents`, `wall_s`.
    pub limits: Value,
}

/// A run. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlowRun")]
pub struct RunView {
    /// `fl-…`
    pub run_id: String,
    /// Its project.
    pub project: String,
    /// The flow's name.
    pub flow: String,
    /// Where the flow was read.
    pub file: String,
    /// `running`, `waiting_gate`, `paused`, `cancelling`, `completed`, `failed`, `cancelled`.
    pub state: String,
    /// Why it is paused.
    pub reason: Option<String>,
    /// Who started it.
    pub started_by: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub finished_at: Option<String>,
    /// Milliseconds from its start to its end, or until now.
    pub duration_ms: u64,
    /// What it may use, and has used.
    pub budget: BudgetView,
    /// Its steps in the order of the file; in lists absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepView>>,
}

/// A step of a run. Stable shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlowStep")]
pub struct StepView {
    /// Its id in the file.
    pub id: String,
    /// `agent`, `command`, `fold`, `gate`.
    pub kind: String,
    /// For people.
    pub label: Option<String>,
    /// The steps before it.
    pub depends_on: Vec<String>,
    /// `pending`, `queued`, `running`, `waiting_gate`, `done`, `failed`, `skipped`,
    /// `skipped_by_failure`, `blocked`, `cancelled`.
    pub state: String,
    /// Why it is queued.
    pub waits_for: Option<String>,
    /// Its items that wait, each with the reason; others may be at work.
    #[serde(default)]
    pub waiting_items: Vec<WaitingItem>,
    /// The number of its last attempt; 0: none.
    pub attempt: u32,
    /// No attempt before this: RFC 3339.
    pub not_before: Option<String>,
    /// The artifact that is its result.
    pub result: Option<String>,
    /// The result's size.
    pub bytes: Option<u64>,
    /// The result's beginning, for people only.
    pub preview: Option<String>,
    /// Why its last attempt failed, whole.
    pub error: Option<String>,
    /// What a gate asks, what a fold noticed.
    pub note: Option<String>,
    /// Milliseconds from its first start to its end, or until now.
    pub duration_ms: Option<u64>,
}

/// An item of a step with `foreach` that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingItem {
    /// Its number, from 0.
    pub item: u32,
    /// What it waits for, and until when.
    pub waits_for: String,
}

/// `{"run": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlowRunAnswer")]
pub struct RunAnswer {
    /// The run.
    pub run: RunView,
}

/// `{"runs": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlowRunList")]
pub struct RunList {
    /// The newest first: the newest of those that are over, and all that are not.
    pub runs: Vec<RunView>,
    /// Ask with this as `before` for older ones; absent: there are none.
    #[serde(default)]
    pub next_before: Option<String>,
}

/// `GET /flows?project=&before=&limit=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "FlowRunQuery")]
pub struct RunQuery {
    /// Only this project's.
    pub project: Option<String>,
    /// Only those before this one that are over: the page before said it as `next_before`.
    pub before: Option<String>,
    /// At most this many that are over, 50 unless named, 1,000 at most.
    pub limit: Option<u32>,
}

/// `POST /flows/{id}/approve`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FlowApprove")]
pub struct Approve {
    /// The gate; absent: the only one that waits.
    pub step: Option<String>,
    /// It is not let pass.
    pub reject: bool,
    /// What the person says: the gate's result.
    pub note: Option<String>,
}

/// `POST /flows/{id}/retry`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FlowRetry")]
pub struct Retry {
    /// The step.
    pub step: String,
}

/// `POST /flows/{id}/resume`: limits that are set anew; absent ones stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FlowResume")]
pub struct Resume {
    /// Tokens of all agents.
    pub tokens: Option<u64>,
    /// Money.
    pub money: Option<f64>,
    /// Agents started.
    pub agents: Option<u32>,
    /// Seconds from the start of the run.
    pub wall_s: Option<u64>,
}

/// `GET /flows/{id}/wait?timeout_s=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WaitQuery {
    /// Seconds; the answer after that is an error `timeout`. Absent: no limit.
    pub timeout_s: Option<f64>,
}

/// `GET /flows/{id}/result?step=`: the bytes of a step's result, or of the run's.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResultQuery {
    /// The step; absent: those that nothing depends on.
    pub step: Option<String>,
}
