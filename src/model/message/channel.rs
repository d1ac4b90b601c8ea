//! The ways by which a message reaches an agent, and the moments of a turn at which an agent can be
//! handed something.

use serde::{Deserialize, Serialize};

/// A way to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Typed into its terminal by the session's host.
    Terminal,
    /// The answer to a hook that it called.
    Hook,
    /// A stream to a program of its own, which hands it on as a prompt.
    Side,
}

impl Channel {
    /// The word on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Hook => "hook",
            Self::Side => "side",
        }
    }

    /// The reverse of [`Channel::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Terminal, Self::Hook, Self::Side]
            .into_iter()
            .find(|channel| channel.as_str() == word)
    }
}

/// A moment of a turn at which an agent with hooks asks whether there is something for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// A tool has run; the model goes on with its result.
    Tool,
    /// The turn is about to end; with a text the agent goes on instead.
    Turn,
}

impl Boundary {
    /// The word in manifests, in hooks and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Turn => "turn",
        }
    }

    /// The reverse of [`Boundary::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Tool, Self::Turn].into_iter().find(|boundary| boundary.as_str() == word)
    }
}
