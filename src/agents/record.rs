//! What an agent's own record says, a transcript or the stream of a headless run: the turn, the
//! calls of tools, the calls of models. Each agent's folder reads its own form into these.

use serde_json::Value;

use crate::model::ids::Timestamp;
use crate::model::trace::Outcome;
use crate::model::usage::Tokens;

/// One thing that a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// What follows belongs to the turn of this name.
    Turn(String),
    /// What follows is asked of the model of this name, where it says nothing else.
    Asks(String),
    /// Of a tool call.
    Tool(Box<ToolReport>),
    /// The calls of this subagent were started by this call.
    Chain {
        /// The agent's own name of the subagent.
        chain: String,
        /// The call's id.
        call_id: String,
    },
    /// Of a model call.
    Model(ModelReport),
}

/// A tool call, as far as one line or hook tells of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolReport {
    /// The agent's own id of the call.
    pub call_id: String,
    /// The tool's name.
    pub tool: Option<String>,
    /// The subagent that makes it.
    pub chain: Option<String>,
    /// The call that started that subagent.
    pub parent: Option<String>,
    /// The model's message that asked for it.
    pub message: Option<String>,
    /// What went in.
    pub input: Option<Value>,
    /// What came out.
    pub output: Option<Value>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How long the tool itself ran, in milliseconds.
    pub run_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// How it went.
    pub outcome: Option<Outcome>,
}

/// A model call.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReport {
    /// The message's id: the same in each report of one call.
    pub message: String,
    /// The subagent that asked.
    pub chain: Option<String>,
    /// The model.
    pub model: String,
    /// When, where the record says.
    pub at: Option<Timestamp>,
    /// Its tokens so far.
    pub tokens: Tokens,
    /// They are of one call, as the provider counted them.
    pub exact: bool,
}

/// A moment in RFC 3339.
pub(super) fn moment(value: Option<&Value>) -> Option<Timestamp> {
    let at: jiff::Timestamp = value?.as_str()?.parse().ok()?;
    Some(Timestamp(at.as_millisecond()))
}
