//! `ao host`: the process that owns one session's terminal. Started by the supervisor only.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::error::Failure;
use crate::wire::error::{ApiError, ErrorCode};

/// Own one session's terminal; started by the supervisor
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct HostArgs {
    /// What to launch
    #[arg(long, value_name = "FILE")]
    pub launch: PathBuf,
}

/// Does it; returns when the session is over.
pub fn run(args: &HostArgs) -> Result<(), Failure> {
    serve(&args.launch)
}

/// The role without a command line: tells its failure on standard error, returns the exit code.
#[must_use]
pub fn role(launch: &Path) -> u8 {
    match serve(launch) {
        Ok(()) => 0,
        Err(failure) => {
            if let Failure::Error(error) = &failure {
                crate::cli::error::tell(error, false, true);
            }
            failure.exit_code()
        }
    }
}

fn serve(launch: &Path) -> Result<(), Failure> {
    crate::host::serve::run(launch).map_err(|error| {
        ApiError::new(
            ErrorCode::System,
            "the session host has failed",
            chain(&error),
            "its log is host.log in the session's directory",
        )
        .into()
    })
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
