//! The stored fact that a session's worktree is being, or has been, removed.

use serde::{Deserialize, Serialize};

use crate::model::ids::Timestamp;

/// A removal, from its intent on. A session without one has its worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// How far it is.
    pub state: RemovalState,
    /// When that was.
    pub at: Timestamp,
    /// Under which name the work is preserved; nothing when there was none to preserve.
    pub slot: Option<String>,
    /// The tip of the session's branch, in hexadecimal: to make the branch again.
    pub tip: Option<String>,
}

/// How far a removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalState {
    /// Everything is preserved; the worktree is being taken away, or that was cut off.
    Removing,
    /// The worktree is gone.
    Removed,
    /// What was preserved is being brought back, or that was cut off.
    Restoring,
}
