//! `ao workflow-agent`: runs one agent of a workflow and leaves its outcome in a file. Started by
//! the supervisor only, and outlives it.

use std::path::PathBuf;

use clap::Args;

use crate::cli::error::Failure;

/// Run one agent of a workflow; started by the supervisor
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct WorkflowAgentArgs {
    /// Where its order lies and its outcome goes
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Does it; returns the process's exit code.
pub fn role(dir: &std::path::Path) -> u8 {
    crate::agents::oneshot::wrap(dir).unwrap_or_else(|error| {
        let failure = Failure::system("the agent's process failed", &error, "see its log");
        if let Failure::Error(error) = &failure {
            crate::cli::error::tell(error, false, true);
        }
        failure.exit_code()
    })
}

/// The same from the command line.
pub fn run(args: &WorkflowAgentArgs) -> Result<(), Failure> {
    match role(&args.dir) {
        0 => Ok(()),
        code => {
            let error = std::io::Error::other(format!("exit code {code}"));
            Err(Failure::system("the agent's process failed", &error, "see its log"))
        }
    }
}
