//! `ao hook`: how its help and its place in the command line look. The role itself is `crate::hook`,
//! which `main` calls before a command line is even built, for agents wait for it.

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

/// Reached only when options stand beside the two words.
pub fn run(args: &HookArgs) -> Result<(), Failure> {
    Err(Failure::usage(
        "a hook takes no options",
        "the role is recognised by its two words alone",
        format!("`ao hook {} {}`", args.agent, args.event),
    ))
}
