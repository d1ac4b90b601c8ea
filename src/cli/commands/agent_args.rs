//! Which agent: the options that spawn, start and relaunch share.

use clap::Args;

use crate::wire::session::AgentChoice;

/// Which agent, and how it is started.
#[derive(Debug, Clone, Default, Args)]
pub struct AgentArgs {
    /// The agent, by its manifest's name
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// The model, in the agent's own words
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// The agent's permission mode, in its manifest's words
    #[arg(long, value_name = "MODE")]
    pub permission: Option<String>,
    /// Any command as the agent, instead of a manifest
    #[arg(last = true, value_name = "CMD", conflicts_with_all = ["agent", "model", "permission"])]
    pub command: Vec<String>,
}

impl From<AgentArgs> for AgentChoice {
    fn from(args: AgentArgs) -> Self {
        Self {
            agent: args.agent,
            model: args.model,
            permission: args.permission,
            command: Some(args.command).filter(|command| !command.is_empty()),
        }
    }
}
