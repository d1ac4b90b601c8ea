//! Messages on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message. Stable shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// `m-…`
    pub id: String,
    /// A session's id, or `person`.
    pub from: String,
    /// The recipient's id.
    pub to: String,
    /// `queued`, `delivering`, `written`, `submitted`, `answered`, `read`, `dead`, `expired`,
    /// `cancelled`, `uncertain`.
    pub state: String,
    /// Why it is held, dead or uncertain: `agent_busy`, `starting`, `dialog` …
    pub reason: Option<String>,
    /// `immediate`, `deferred`, `on_demand`.
    pub policy: String,
    /// By which way it goes or went to the agent: `terminal`, `hook`; null before the first try.
    #[serde(default)]
    pub channel: Option<String>,
    /// Whether the agent's turn was to be stopped for it, and what came of that: `wanted`,
    /// `stopped`, `not_at_work`, `works_on`, `not_possible`; null: not asked for.
    #[serde(default)]
    pub interrupt: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// RFC 3339.
    pub accepted_at: String,
    /// RFC 3339: when the agent was seen to take it as a prompt.
    pub submitted_at: Option<String>,
    /// RFC 3339.
    pub answered_at: Option<String>,
    /// Size of the text as accepted.
    pub bytes: u64,
    /// RFC 3339: when it was read from the inbox.
    pub read_at: Option<String>,
    /// RFC 3339: not to be written after.
    pub deadline: Option<String>,
    /// The message this one answers.
    pub reply_to: Option<String>,
    /// The last words of the turn that it caused, where the agent's hooks tell; only in
    /// `GET /messages/{id}` and its wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The text; only in `GET /messages/{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// `{"messages": […]}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MessageList {
    /// In order of acceptance.
    pub messages: Vec<MessageView>,
}

/// `{"message": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MessageAnswer {
    /// The message after the request.
    pub message: MessageView,
}

/// `POST /sessions/{id}/messages`; `{id}` may be `orchestrator`, with `project`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "SendMessage")]
pub struct Send {
    /// The text, UTF-8, 1 byte to 1 MiB.
    pub text: String,
    /// `immediate` (default), `deferred`, `on_demand`.
    pub deliver: Option<String>,
    /// Stop what the agent does now, so that it reads this next. Not for what is `deferred` or
    /// `on_demand`, nor for an agent whose manifest knows no way to do that.
    pub interrupt: bool,
    /// Seconds after which it expires if it has not been written; the sender is told.
    pub by_s: Option<f64>,
    /// The message this one answers.
    pub reply_to: Option<String>,
    /// The project, where the recipient is `orchestrator` and the caller is a person.
    pub project: Option<String>,
}

/// `GET /sessions/{id}/listen?generation=`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListenQuery {
    /// The launch whose agent listens.
    pub generation: u32,
}

/// A line of `GET /sessions/{id}/listen`: a message for an agent whose own program hands
/// it on as a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SideMessage {
    /// Its id.
    pub message: String,
    /// What the agent is to read: the text under its header.
    pub text: String,
}

/// `GET /messages/{id}/wait?for=&timeout_s=`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WaitQuery {
    /// `submitted` or `reply`.
    #[serde(rename = "for")]
    pub until: String,
    /// Seconds; the answer after that is an error `timeout`. Absent: no limit.
    pub timeout_s: Option<f64>,
}

/// `GET /sessions/{id}/messages`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ListQuery {
    /// Only those in this state.
    pub state: Option<String>,
    /// At most this many, the newest; absent: 200.
    pub limit: Option<u32>,
}
