//! What is to be done, and what came of it: the two files of a one-shot run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agents::headless::Form;
use crate::model::usage::Tokens;

/// What is to be done; `order.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Version of this file: 1.
    pub version: u32,
    /// The command; the first word is an absolute path or found on the PATH of `env`.
    pub argv: Vec<String>,
    /// Where it works.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// What it is told, on standard input.
    pub prompt: String,
    /// Who it is to be, in a file for it; absent where it was told otherwise.
    #[serde(default)]
    pub role: Option<String>,
    /// What its result must look like; absent: text.
    pub schema: Option<Value>,
    /// The call after this many ends it.
    pub max_tool_calls: Option<u32>,
    /// How long it may take, all turns together.
    pub timeout_ms: u64,
    /// That is what is left of the time of its run, not its own.
    #[serde(default)]
    pub is_run_time: bool,
    /// Its output is data for others, not words: what is no text is no result.
    #[serde(default)]
    pub is_data: bool,
    /// How long it may say nothing while no tool of it runs, where it prints what it does; absent: for
    /// ever.
    #[serde(default)]
    pub stall_ms: Option<u64>,
    /// Largest result as JSON, in bytes; absent: 64 MiB.
    #[serde(default)]
    pub max_result: Option<u64>,
    /// How what it prints is understood.
    #[serde(flatten)]
    pub form: Form,
    /// The argv that goes on with its conversation, with [`crate::agents::CONVERSATION`] for the id.
    #[serde(default)]
    pub again: Option<Vec<String>>,
    /// It was given the schema by its own means: it is not told of it in words as well.
    #[serde(default)]
    pub knows_schema: bool,
    /// It runs in a session, whose host is above it: what it does is painted, and told by hooks.
    #[serde(default)]
    pub in_session: bool,
}

/// What came of it; `outcome.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Its result, or why there is none.
    pub verdict: Verdict,
    /// Tokens that it said it has put out.
    pub output_tokens: u64,
    /// Calls of tools that it has told of.
    pub tool_calls: u32,
    /// All tokens that it said it has taken.
    #[serde(default)]
    pub tokens: Tokens,
    /// The model that took them, where it said so.
    #[serde(default)]
    pub model: Option<String>,
    /// By which its conversation could go on.
    #[serde(default)]
    pub conversation: Option<String>,
    /// What a person should know of it: tools that it was not allowed to use, say.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Its result, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// As JSON text.
    Value {
        /// The text.
        json: String,
    },
    /// It came to nothing.
    Nothing {
        /// `crash`, `timeout`, `run_time`, `stalled`, `tool_limit`, `result_too_large`, `not_text`, or its own word.
        why: String,
        /// In words.
        message: String,
    },
    /// It never gave a result that meets the schema.
    Unfit {
        /// What was wrong with the last one.
        message: String,
    },
}

impl Ended {
    /// No result, nothing told.
    pub fn nothing(why: &str, message: impl Into<String>) -> Self {
        let verdict = Verdict::Nothing { why: why.to_owned(), message: message.into() };
        Self {
            verdict,
            output_tokens: 0,
            tool_calls: 0,
            tokens: Tokens::default(),
            model: None,
            conversation: None,
            warnings: Vec::new(),
        }
    }
}

/// The files of a one-shot run, below its directory.
pub(super) struct Files<'a>(pub(super) &'a Path);

impl Files<'_> {
    pub(super) fn order(&self) -> PathBuf {
        self.0.join("order.json")
    }

    /// Who runs it; there once it has begun.
    pub(super) fn started(&self) -> PathBuf {
        self.0.join("started.json")
    }

    pub(super) fn outcome(&self) -> PathBuf {
        self.0.join("outcome.json")
    }

    /// Held by the wrapper for as long as it lives.
    pub(super) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// A named pipe: what the command tells while it runs.
    pub(super) fn events(&self) -> PathBuf {
        self.0.join("events")
    }

    /// What the command writes to standard error, and the wrapper itself.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// Where the command may put its result as JSON.
    pub(super) fn result(&self) -> PathBuf {
        self.0.join("result.json")
    }

    /// The role, for the command.
    pub(super) fn role(&self) -> PathBuf {
        self.0.join("role.md")
    }

    /// The schema, for the command.
    pub(super) fn schema(&self) -> PathBuf {
        self.0.join("schema.json")
    }
}
