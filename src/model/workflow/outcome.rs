//! How an operation of a run ended.

use serde::{Deserialize, Serialize};

/// A result that is kept as an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeResult {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// What the script meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A result, as JSON text; absent: `undefined`.
    Value {
        /// The text.
        json: Option<String>,
        /// The branch on which the agent's work was kept, where it had a worktree of its own: the
        /// result is good as long as that is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// The artifact with the whole result, where that is too large for a script: it has been
        /// given its name instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        large: Option<LargeResult>,
    },
    /// `null`: the agent came to nothing.
    Nothing {
        /// `crash`, `timeout`, `tool_limit`, `stopped` …
        why: String,
        /// In words.
        message: String,
    },
    /// An error.
    Error {
        /// Its class.
        name: String,
        /// In words.
        message: String,
    },
}

/// The outcome without its text, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// There is a result.
    Value,
    /// There is none.
    Nothing,
    /// There is an error.
    Error,
}

impl Outcome {
    /// Which of the three.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Value { .. } => OutcomeKind::Value,
            Self::Nothing { .. } => OutcomeKind::Nothing,
            Self::Error { .. } => OutcomeKind::Error,
        }
    }

    /// A result that stands for itself.
    #[must_use]
    pub fn value(json: Option<String>) -> Self {
        Self::Value { json, branch: None, large: None }
    }

    /// A result that is too large for a script, which gets `{artifact, bytes}` instead: the
    /// artifact can go along with another call.
    #[must_use]
    pub fn large(large: LargeResult, branch: Option<String>) -> Self {
        let name = serde_json::json!({ "artifact": large.sha256, "bytes": large.bytes });
        Self::Value { json: Some(name.to_string()), branch, large: Some(large) }
    }

    /// The artifact that the result is in, where it is in one.
    #[must_use]
    pub fn artifact(&self) -> Option<&LargeResult> {
        match self {
            Self::Value { large, .. } => large.as_ref(),
            _ => None,
        }
    }

    /// An agent that came to nothing.
    pub fn nothing(why: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Nothing { why: why.into(), message: message.into() }
    }

    /// An error for the script.
    pub fn error(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Error { name: name.into(), message: message.into() }
    }
}
