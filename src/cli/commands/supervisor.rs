//! `ao supervisor`: the supervisor's process, in the foreground or detached.

use clap::Args;

use crate::cli::error::Failure;
use crate::supervisor::{Mode, run as serve};

/// Run the supervisor in the foreground, for systemd; other commands start it when needed
#[derive(Debug, Args)]
pub struct SupervisorArgs {
    /// Leave the caller's session, and say in one line of JSON how the start went
    #[arg(long, hide = true)]
    pub detach: bool,
    /// Be the supervisor that a detached one keeps alive
    #[arg(long, hide = true, conflicts_with = "detach")]
    pub kept: bool,
    /// Follow the supervisor with this process id, which crashed
    #[arg(long, hide = true, value_name = "PID", requires = "kept")]
    pub after: Option<u32>,
}

/// Does it; returns when the supervisor has ended.
pub fn run(args: &SupervisorArgs) -> Result<(), Failure> {
    let mode = match (args.detach, args.kept) {
        (true, _) => Mode::Detached,
        (false, true) => Mode::Kept { after: args.after },
        (false, false) => Mode::Foreground,
    };
    serve(mode).map_err(Failure::from)
}
