//! What an agent said in a line of its output.

use serde_json::Value;

use crate::model::usage::Tokens;

/// One thing that it said.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The id by which its conversation goes on.
    Conversation(String),
    /// It begins its work, perhaps once more: what has failed before does not count.
    Attempt,
    /// Words of the model.
    Words(String),
    /// A tool starts.
    ToolStarted {
        /// Its name.
        tool: String,
        /// Unique in the run; the same at its end.
        call_id: String,
        /// The call that a subagent's call belongs to.
        parent: Option<String>,
        /// Its arguments.
        input: Value,
    },
    /// A tool has run.
    ToolEnded {
        /// Its name.
        tool: String,
        /// As at its start.
        call_id: String,
        /// What it gave.
        output: Value,
        /// Why it failed.
        error: Option<String>,
        /// How long it ran in milliseconds, where the agent says so.
        run_ms: Option<u64>,
    },
    /// Tokens were taken.
    Spent(Spent),
    /// It was not allowed to use this tool, and went on without.
    Denied(String),
    /// The model's side has failed, for good.
    Failed(String),
}

/// Tokens of one model call, or of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// How many.
    pub tokens: Tokens,
    /// The model, where it says so.
    pub model: Option<String>,
    /// They are one call's, as the provider counted them, and not a turn's sum.
    pub exact: bool,
}
