//! A session that does one task and ends, in its agent's headless mode.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a task may take when nobody says, in milliseconds.
const TIMEOUT_MS: u64 = 60 * 60 * 1000;

/// How hard a model may be told to think.
pub const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];

/// What one task is to come to; kept with its session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OneShot {
    /// It works in a folder that is not its own, and that outlives it.
    pub shares_folder: bool,
    /// What its result must look like; absent: text.
    pub schema: Option<Value>,
    /// The call of a tool after this many ends it.
    pub max_tool_calls: Option<u32>,
    /// How long it may take, all turns together.
    pub timeout_ms: u64,
    /// How hard its model is to think, for an agent that can be told: `low`, `medium`, `high`,
    /// `xhigh`, `max`.
    pub effort: Option<String>,
    /// Who it is to be, for an agent that can be told.
    pub role: Option<String>,
    /// The model, for a command to heed: told as AO_MODEL.
    pub model: Option<String>,
    /// What it may do, for a command to heed: told as AO_CAPABILITIES.
    pub capabilities: Option<Vec<String>>,
    /// Largest result as JSON, in bytes; absent: 64 MiB.
    pub max_result: Option<u64>,
}

impl Default for OneShot {
    fn default() -> Self {
        Self {
            shares_folder: false,
            schema: None,
            max_tool_calls: None,
            timeout_ms: TIMEOUT_MS,
            effort: None,
            role: None,
            model: None,
            capabilities: None,
            max_result: None,
        }
    }
}
