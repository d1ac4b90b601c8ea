//! Permission requests on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an agent asks leave for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermitView {
    /// `p-…`
    pub id: String,
    /// Whose agent asks.
    pub session: String,
    /// Its project.
    pub project: String,
    /// The tool.
    pub tool: String,
    /// What it is about to do, without secrets, cut.
    pub subject: String,
    /// `open`, `allowed`, `denied`, or `left` to the terminal.
    pub state: String,
    /// Its agent waits for an answer by ao; else only its terminal can answer.
    pub waits: bool,
    /// `once`, or `session`: it holds for all later calls of the tool in this launch.
    pub scope: String,
    /// Who decided: `person`, a session's id, `rule`, `terminal`.
    pub by: Option<String>,
    /// Why, for the agent.
    pub message: Option<String>,
    /// RFC 3339.
    pub asked_at: String,
    /// RFC 3339, once decided.
    pub decided_at: Option<String>,
}

/// `{"permits": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PermitList {
    /// The newest first.
    pub permits: Vec<PermitView>,
}

/// `{"permit": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PermitAnswer {
    /// After the request.
    pub permit: PermitView,
}

/// `GET /permits?project=&all=&limit=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PermitQuery {
    /// Only of this project.
    pub project: Option<String>,
    /// Those that are decided, too.
    pub all: bool,
    /// At most so many; absent: 100.
    pub limit: Option<u32>,
}

/// `POST /permits/{id}`: the answer to one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerPermit {
    /// `allow` or `deny`.
    pub answer: String,
    /// For all later calls of the tool in this launch, too.
    pub session: bool,
    /// Why, for the agent.
    pub message: Option<String>,
}

/// `GET /permits/{id}/wait?ms=`, asked by the hook of the agent that waits.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WaitQuery {
    /// At most so many milliseconds.
    pub ms: u64,
}
