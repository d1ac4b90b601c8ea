//! `ao hook`: what an agent's hook tells the supervisor. Called by agents.

use clap::Args;

use crate::cli::error::Failure;

/// Tell the supervisor what an agent does; called by agents' hooks
///
/// Reads the hook's JSON on standard input and answers as the agent expects. Never fails its
/// agent: with the supervisor away the event is kept for it.
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct HookArgs {
    /// Whose words: claude, or any for the neutral form
    #[arg(value_name = "AGENT")]
    pub agent: String,
    /// The event, in the agent's words
    #[arg(value_name = "EVENT")]
    pub event: String,
}

/// Does it.
///
/// `main` calls the role itself, before any of this is built; this is for the help.
pub fn run(args: &HookArgs) -> Result<(), Failure> {
    let _ = args;
    Ok(())
}
