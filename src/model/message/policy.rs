//! How urgently a message wants to be written.

use serde::{Deserialize, Serialize};

/// Chosen by the sender.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// As soon as the agent can take it.
    #[default]
    Immediate,
    /// When the agent is idle.
    Deferred,
    /// Never typed: the recipient reads it from its inbox.
    OnDemand,
}

impl Policy {
    /// Reads the wire's or the command line's form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "immediate" => Self::Immediate,
            "deferred" => Self::Deferred,
            "on_demand" | "on-demand" => Self::OnDemand,
            _ => return None,
        })
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Deferred => "deferred",
            Self::OnDemand => "on_demand",
        }
    }
}
