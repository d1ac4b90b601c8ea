//! Reads an agent's output line by line. What is not understood is passed over: formats grow.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::{self, OutputRule};
use super::said::Said;
use super::{claude, codex, gemini, opencode};
use crate::model::usage::{Provider, Tokens};

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
    /// A JSON object a line, which means what the manifest's `[[headless.line]]` say.
    Lines,
}

/// How what an agent prints is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// In whose form it prints.
    pub output: Output,
    /// How its tokens are counted, where that is not as in `output`.
    pub tokens: Option<Provider>,
    /// What its lines mean, where `output` is [`Output::Lines`].
    pub rules: Vec<OutputRule>,
    /// A file that it writes beside its output; its lines are read as those of the output are, when
    /// the turn is over.
    pub record: Option<PathBuf>,
}

impl From<Output> for Form {
    /// With nothing else to know.
    fn from(output: Output) -> Self {
        Self { output, ..Self::default() }
    }
}

/// Reads all turns of one run.
#[derive(Debug, Default)]
pub struct Reader {
    form: Form,
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
    /// It has not come to a result that meets the schema, and says that this is why it ends.
    pub(super) gave_up: bool,
}

impl Reader {
    /// At the begin of a run.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// A turn begins.
    pub fn begin_turn(&mut self) {
        self.turn += 1;
        self.answer.clear();
        self.structured = None;
        self.gave_up = false;
        self.open.clear();
    }

    /// What a line says.
    pub fn line(&mut self, line: &str) -> Vec<Said> {
        if self.form.output == Output::Text {
            self.answer.push_str(line);
            self.answer.push('\n');
            return vec![Said::Words(line.to_owned())];
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { return Vec::new() };
        match self.form.output {
            Output::Claude => claude::read(self, &event),
            Output::Codex => codex::read(self, &event),
            Output::Gemini => gemini::read(self, &event),
            Output::Opencode => opencode::read(self, &event),
            Output::Lines => rules::read(self, &event),
            Output::Text => Vec::new(),
        }
    }

    /// Whether it is the model that has to say something next: no tool runs, as far as this form of
    /// output tells of tools that begin.
    #[must_use]
    pub fn waits_for_words(&self) -> bool {
        let tells = match self.form.output {
            Output::Claude | Output::Codex | Output::Gemini => true,
            Output::Lines => self.form.rules.iter().any(OutputRule::tells_of_begins),
            Output::Opencode | Output::Text => false,
        };
        tells && self.open.is_empty()
    }

    /// Whether it ended because it came to no result that meets the schema: it can be asked again.
    #[must_use]
    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// How its tokens are counted, where `usual` is how its form of output counts them.
    pub(super) fn provider(&self, usual: Provider) -> Provider {
        self.form.tokens.unwrap_or(usual)
    }

    /// What its lines mean, until they are put back.
    pub(super) fn take_rules(&mut self) -> Vec<OutputRule> {
        std::mem::take(&mut self.form.rules)
    }

    /// Puts back what was taken.
    pub(super) fn put_back(&mut self, rules: Vec<OutputRule>) {
        self.form.rules = rules;
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
