//! What a live session's agent was last seen doing, by whom, and when.

use serde::{Deserialize, Serialize};

use crate::model::ids::Timestamp;

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// It has been launched and has not shown that it takes input.
    Starting,
    /// It works.
    Working,
    /// It waits for its next prompt.
    Idle,
    /// A dialog asks a person for leave.
    NeedsPermission,
    /// It asks a question.
    NeedsInput,
    /// Nothing tells.
    Unknown,
}

impl Activity {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Idle => "idle",
            Self::NeedsPermission => "needs_permission",
            Self::NeedsInput => "needs_input",
            Self::Unknown => "unknown",
        }
    }
}

/// Who says so; a better source is not overruled by a worse one while it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySource {
    /// The supervisor's own record of the launch.
    Record,
    /// The session host, from output going quiet and coming back.
    Output,
    /// The session host, from what the screen shows by the manifest's rules.
    Screen,
    /// The agent's own hook.
    Hook,
}

impl ActivitySource {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Output => "output",
            Self::Screen => "screen",
            Self::Hook => "hook",
        }
    }
}

/// An activity with its source and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityFact {
    /// What.
    pub activity: Activity,
    /// Who says so.
    pub source: ActivitySource,
    /// Since when.
    pub at: Timestamp,
}

impl ActivityFact {
    /// Whether `newer` replaces this: the same or a better source does, and what a hook or the
    /// screen tells of an earlier moment still replaces what was only inferred since. And the screen
    /// may say that a dialog is over that a hook told of, for agents have no hook for a dialog that
    /// is refused.
    #[must_use]
    pub fn yields_to(&self, newer: &ActivityFact) -> bool {
        let asks = matches!(self.activity, Activity::NeedsPermission | Activity::NeedsInput);
        let settled = asks && newer.source == ActivitySource::Screen;
        let is_inferred = self.source < ActivitySource::Screen;
        let is_better = newer.source > self.source && is_inferred;
        is_better || newer.at >= self.at && (newer.source >= self.source || settled)
    }
}
