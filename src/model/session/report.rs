//! What an agent says about itself.

use serde::{Deserialize, Serialize};

use crate::model::ids::Timestamp;

/// The states that `ao report` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// The task is finished.
    Done,
    /// It cannot go on without an answer.
    NeedsInput,
    /// It cannot go on.
    Stuck,
    /// A step is finished.
    Checkpoint,
    /// A pull request has been opened.
    PrCreated,
}

impl ReportState {
    /// Reads the wire's or the command line's form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "done" => Self::Done,
            "needs_input" | "needs-input" => Self::NeedsInput,
            "stuck" => Self::Stuck,
            "checkpoint" => Self::Checkpoint,
            "pr_created" | "pr-created" => Self::PrCreated,
            _ => return None,
        })
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NeedsInput => "needs_input",
            Self::Stuck => "stuck",
            Self::Checkpoint => "checkpoint",
            Self::PrCreated => "pr_created",
        }
    }
}

/// A session's last report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFact {
    /// What it said.
    pub state: ReportState,
    /// In its words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}
