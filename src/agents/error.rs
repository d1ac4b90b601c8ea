//! What goes wrong with choosing an agent and planning its launch.

use std::path::PathBuf;

/// Failures of this module.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// No manifest has that name.
    #[error("there is no agent {name:?}; there are {}", known.join(", "))]
    Unknown {
        /// As asked for.
        name: String,
        /// All names.
        known: Vec<String>,
    },
    /// The user's manifest of that name has a mistake; the built-in one is not taken instead.
    #[error("the manifest of {name:?} has a mistake: {problem}")]
    Broken {
        /// The agent.
        name: String,
        /// File, line and mistake.
        problem: String,
    },
    /// An agent that is any command, and none was given.
    #[error("the agent {0:?} needs a command")]
    NoCommand(String),
    /// A command was given for an agent that has its own.
    #[error("the agent {0:?} has its own command")]
    HasCommand(String),
    /// The agent cannot be told.
    #[error("the agent {agent:?} takes no {what}")]
    Unsupported {
        /// The agent.
        agent: String,
        /// `model`, `permission mode`.
        what: &'static str,
    },
    /// Not a permission mode of this agent.
    #[error("{agent:?} has no permission mode {mode:?}; it has {}", known.join(", "))]
    UnknownPermission {
        /// The agent.
        agent: String,
        /// As asked for.
        mode: String,
        /// Its modes.
        known: Vec<String>,
    },
    /// Nothing to continue, or no way to.
    #[error("the agent {agent:?} cannot resume: {why}")]
    CannotResume {
        /// The agent.
        agent: String,
        /// What is missing.
        why: &'static str,
    },
    /// The system would refuse the argument.
    #[error("the {what} has {bytes} bytes, at most {limit} fit into an argument")]
    TooLong {
        /// Which value.
        what: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Arguments end at a zero byte.
    #[error("the {0} contains a zero byte")]
    ZeroByte(String),
    /// A path that cannot be written into settings or arguments.
    #[error("the path {0:?} is not UTF-8")]
    NotUtf8(PathBuf),
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}
