//! `ao supervisor`: the supervisor's process, in the foreground or detached.

use std::io::{self, Write};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::supervisor::Startup;

/// Run the supervisor in the foreground, for systemd; other commands start it when needed
#[derive(Debug, Args)]
pub struct SupervisorArgs {
    /// Leave the caller's session, and say in one line of JSON how the start went
    #[arg(long, hide = true)]
    pub detach: bool,
}

/// Does it; returns when the supervisor has ended.
pub fn run(args: &SupervisorArgs, _context: &Context) -> Result<(), Failure> {
    if !args.detach {
        return serve(|| ());
    }
    // The terminal's signals and its end are for the caller, not for the supervisor.
    rustix::process::setsid().map_err(|e| {
        Failure::system("cannot leave the caller's session", &e.into(), "`ao doctor`")
    })?;
    let served = serve(|| say(&Startup::Ready { pid: std::process::id() }));
    if let Err(Failure::Error(error)) = &served {
        // After the first line nobody reads this.
        say(&Startup::Error((**error).clone()));
    }
    served
}

/// One line on standard output, and standard output is closed: whoever waits goes on.
fn say(startup: &Startup) {
    let line = serde_json::to_string(startup).unwrap_or_default() + "\n";
    // A caller that has gone meanwhile is no reason to end.
    let _ = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush());
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null");
    if let Ok(null) = null {
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

/// The supervisor itself: calls `ready` when it takes requests, returns when it was told to stop.
fn serve(ready: impl FnOnce()) -> Result<(), Failure> {
    let _ = ready;
    Err(ApiError::new(
        ErrorCode::Internal,
        "there is no supervisor",
        "this build does not contain it",
        "use a whole build",
    )
    .into())
}
