//! An agent's one-shot mode: its program is given a task on standard input, works, prints what it
//! does and what came of it, and ends.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::agent::PermissionWords;
use super::channels::SystemPromptChannel;
use crate::agents::headless::{Form, Output, OutputRule, Takes};
use crate::agents::template::ArgumentGroup;
use crate::model::usage::Provider;

/// How the one-shot mode is launched and understood.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headless {
    /// The program's arguments.
    pub(in crate::agents) argv: Vec<ArgumentGroup>,
    /// Those that go on with the conversation, at `{conversation_id}`: to ask once more for a result
    /// that was not as it should be. None: it is asked anew.
    pub(in crate::agents) resume_argv: Option<Vec<ArgumentGroup>>,
    /// How it gets its role in this mode, where that differs.
    pub(in crate::agents) system_prompt: Option<SystemPromptChannel>,
    /// In whose form it prints.
    #[serde(default)]
    pub output: Output,
    /// How its tokens are counted, where that is not as in `output`.
    pub(in crate::agents) tokens: Option<Provider>,
    /// What its lines mean, for an `output` that is `lines`.
    #[serde(default, rename = "line")]
    pub(in crate::agents) lines: Vec<OutputRule>,
    /// The name of a file of the launch, at `{record_file}`, that it writes beside its output: read
    /// by the same rules when a turn is over.
    pub(in crate::agents) record: Option<String>,
    /// Which schemas of a result it takes, at `{schema}` or `{schema_file}`; none: it is told of the
    /// schema in words.
    pub schema: Option<Takes>,
    /// Its permission modes in this mode, where their words differ: nobody is there to be asked.
    #[serde(default)]
    pub permissions: BTreeMap<String, PermissionWords>,
    /// The program's words for how hard its model is to think, at `{effort}`; what is not listed is
    /// not told.
    #[serde(default)]
    pub(in crate::agents) effort: BTreeMap<String, String>,
    /// Variables in place of the manifest's of the same name.
    #[serde(default)]
    pub(in crate::agents) env: BTreeMap<String, String>,
}

impl Headless {
    /// How what it prints is understood; the record is not placed yet.
    #[must_use]
    pub(in crate::agents) fn form(&self) -> Form {
        Form { output: self.output, tokens: self.tokens, rules: self.lines.clone(), record: None }
    }
}
