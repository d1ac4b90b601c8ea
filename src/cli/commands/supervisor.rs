//! `ao supervisor`: the supervisor's process, in the foreground or detached.

use clap::Args;

use crate::cli::error::Failure;
use crate::supervisor::{Options, run as serve};

/// Run the supervisor in the foreground, for systemd; other commands start it when needed
#[derive(Debug, Args)]
pub struct SupervisorArgs {
    /// Leave the caller's session, and say in one line of JSON how the start went
    #[arg(long, hide = true)]
    pub detach: bool,
}

/// Does it; returns when the supervisor has ended.
pub fn run(args: &SupervisorArgs) -> Result<(), Failure> {
    serve(Options { detach: args.detach }).map_err(Failure::from)
}
