//! The one shape of an error: a code for programs, and what failed, why and what to do for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names an error for programs. Stable: codes are added, none is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A fault of ao itself.
    Internal,
    /// A flow, a workflow or a demo ran and failed.
    WorkFailed,
    /// The request makes no sense as it stands.
    Usage,
    /// Refused before it began: a repository that cannot be used, a branch that is taken.
    Refused,
    /// No such project, session, message.
    NotFound,
    /// The session has ended.
    NotRunning,
    /// A queue, a size, a number is at its limit.
    Limit,
    /// The text is larger than a message may be.
    TooLarge,
    /// It exists already, or changed meanwhile.
    Conflict,
    /// The wait is over, the thing waited for has not happened.
    Timeout,
    /// The caller may not do this.
    Forbidden,
    /// The caller could not be told apart from one who lies about who it is.
    Unverified,
    /// No supervisor answers on the socket.
    Unreachable,
    /// The two sides speak different versions.
    Incompatible,
    /// The agent's program is not installed.
    AgentMissing,
    /// git, zellij or another program failed.
    Program,
    /// The operating system refused: no space, no permission, read-only.
    System,
}

impl ErrorCode {
    /// The process's exit code, as documented in the manual page `ao(1)`.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Internal | Self::WorkFailed => 1,
            Self::Usage | Self::Refused => 2,
            Self::NotFound | Self::NotRunning => 3,
            Self::Limit | Self::TooLarge => 4,
            Self::Conflict => 5,
            Self::Timeout => 6,
            Self::Forbidden | Self::Unverified => 7,
            Self::Unreachable | Self::Incompatible => 8,
            Self::AgentMissing | Self::Program | Self::System => 9,
        }
    }

    /// The HTTP status of an answer with this error.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Internal | Self::WorkFailed => 500,
            Self::Usage => 400,
            Self::Refused => 422,
            Self::NotFound => 404,
            Self::NotRunning => 410,
            Self::Limit => 429,
            Self::TooLarge => 413,
            Self::Conflict => 409,
            Self::Timeout => 408,
            Self::Forbidden | Self::Unverified => 403,
            Self::Unreachable => 503,
            Self::Incompatible => 426,
            Self::AgentMissing | Self::Program => 502,
            Self::System => 507,
        }
    }
}

/// An error for programs and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, JsonSchema)]
#[error("{message}: {reason}")]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// What failed: one line.
    pub message: String,
    /// Why it failed: one line, with the words of the program that failed.
    #[serde(default)]
    pub reason: String,
    /// What to do: one line.
    #[serde(default)]
    pub hint: String,
    /// The id of the request, to be found in the log and the journal.
    #[serde(default)]
    pub request_id: Option<String>,
    /// With `conflict`: what is there now, in the shape that its own route answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<serde_json::Value>>,
}

impl ApiError {
    /// An error with its three lines.
    pub fn new(
        code: ErrorCode,
        message: impl Into<String>,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            reason: reason.into(),
            hint: hint.into(),
            request_id: None,
            current: None,
        }
    }
}

/// The body of an answer that is an error: `{"error": {…}}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ApiError,
}
