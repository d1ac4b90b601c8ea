//! What `ao hook` tells the supervisor, and what it says back to the agent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /sessions/{id}/hook`, and a line of the spool that hooks keep while nobody answers: a
/// neutral event from the agent of one generation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hook {
    /// The generation of the agent that speaks; an older one is refused.
    pub generation: u32,
    /// `session-started`, `prompt-submitted`, `tool-started`, `tool-ended`, `permission-asked`,
    /// `permission-settled`, `turn-ended`, `session-ended`; and from `ao hook` itself
    /// `context-given` with the `message` whose text it has handed to its agent.
    pub event: String,
    /// The event's fields.
    #[serde(default)]
    pub data: Value,
    /// Random, at most 64 bytes: the same event under the same id counts once. Absent: each counts.
    #[serde(default)]
    pub id: Option<String>,
    /// When it happened, in milliseconds since the Unix epoch. Absent: now.
    #[serde(default)]
    pub at: Option<u64>,
}

/// What the agent's hook should answer: `{}` or fields of the event's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HookAnswer {
    /// `allow`, `deny` or `block`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Why it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Text for the model at this boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The message that the context is: `context-given` is to name it when the agent has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The permission request that the event has become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<String>,
    /// It is not decided: the hook is to wait for it so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
}
