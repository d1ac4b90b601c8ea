//! `ao one-shot`: runs one agent once and leaves its outcome in a file. Started by the supervisor or
//! by a session's host, and outlives the supervisor.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::agents::oneshot::{Deaf, Listener, wrap};
use crate::cli::error::Failure;

/// Run one agent once; started by the supervisor
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct OneShotArgs {
    /// Where its order lies and its outcome goes
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Does it, with somebody who hears what it does; returns the process's exit code.
pub fn role(dir: &Path, listener: Box<dyn Listener>) -> u8 {
    wrap(dir, listener).unwrap_or_else(|error| {
        let failure = Failure::system("the agent's process failed", &error, "see its log");
        if let Failure::Error(error) = &failure {
            crate::cli::error::tell(error, false, true);
        }
        failure.exit_code()
    })
}

/// The same from the command line.
pub fn run(args: &OneShotArgs) -> Result<(), Failure> {
    match role(&args.dir, Box::new(Deaf)) {
        0 => Ok(()),
        code => {
            let error = std::io::Error::other(format!("exit code {code}"));
            Err(Failure::system("the agent's process failed", &error, "see its log"))
        }
    }
}
