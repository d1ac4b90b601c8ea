//! Reads an agent's output line by line. What is not understood is passed over: formats grow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::said::Said;
use super::{claude, codex, gemini, opencode};
use crate::model::usage::Tokens;

/// In whose form an agent prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Plain text, which is its result.
    #[default]
    Text,
    /// `claude --output-format stream-json`.
    Claude,
    /// `codex exec --json`.
    Codex,
    /// `gemini --output-format stream-json`.
    Gemini,
    /// `opencode run --format json`.
    Opencode,
}

/// Reads all turns of one run.
#[derive(Debug, Default)]
pub struct Reader {
    output: Output,
    /// From 1.
    pub(super) turn: u32,
    /// The last words of the model: the turn's result.
    pub(super) answer: String,
    /// The result in the form that the schema asked for, where the agent gives one.
    pub(super) structured: Option<Value>,
    /// Names of the tools whose calls are open, by call.
    pub(super) open: BTreeMap<String, String>,
    /// Tokens that were told of before, for agents that tell the sum since the begin.
    pub(super) total: Tokens,
    /// The model that it works with.
    pub(super) model: Option<String>,
}

impl Reader {
    /// At the begin of a run.
    #[must_use]
    pub fn new(output: Output) -> Self {
        Self { output, ..Self::default() }
    }

    /// A turn begins.
    pub fn begin_turn(&mut self) {
        self.turn += 1;
        self.answer.clear();
        self.structured = None;
        self.open.clear();
    }

    /// What a line says.
    pub fn line(&mut self, line: &str) -> Vec<Said> {
        if self.output == Output::Text {
            self.answer.push_str(line);
            self.answer.push('\n');
            return vec![Said::Words(line.to_owned())];
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { return Vec::new() };
        match self.output {
            Output::Claude => claude::read(self, &event),
            Output::Codex => codex::read(self, &event),
            Output::Gemini => gemini::read(self, &event),
            Output::Opencode => opencode::read(self, &event),
            Output::Text => Vec::new(),
        }
    }

    /// Whether it is the model that has to say something next: no tool runs, as far as this form of
    /// output tells of tools that begin.
    #[must_use]
    pub fn waits_for_words(&self) -> bool {
        let tells = matches!(self.output, Output::Claude | Output::Codex | Output::Gemini);
        tells && self.open.is_empty()
    }

    /// The turn's result as text, without the line end.
    #[must_use]
    pub fn answer(&self) -> &str {
        self.answer.trim_end_matches(['\n', '\r'])
    }

    /// The turn's result in the form that was asked for, where the agent gave one.
    #[must_use]
    pub fn structured(&self) -> Option<&Value> {
        self.structured.as_ref()
    }
}

/// The text at a path of an event.
pub(super) fn text(event: &Value, path: &str) -> Option<String> {
    event.pointer(path).and_then(Value::as_str).map(str::to_owned)
}
