//! The two kinds of session.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a session is there for. Also the value of `AO_ROLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Coordinates a project's workers; one per project.
    Orchestrator,
    /// Does one task on a branch of its own.
    Worker,
}

impl Kind {
    /// `orchestrator` or `worker`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Worker => "worker",
        }
    }

    /// The folder of its branches: `orchestrator/<id>` or `worker/<id>`.
    #[must_use]
    pub fn branch(self, id: &super::super::ids::SessionId) -> String {
        format!("{}/{id}", self.as_str())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
