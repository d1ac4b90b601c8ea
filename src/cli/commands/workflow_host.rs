//! `ao workflow-host`: the process that runs one workflow's script. Started by the supervisor only.

use clap::Args;

use crate::cli::error::Failure;

/// Run one workflow's script; started by the supervisor
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct WorkflowHostArgs {}

/// Does it; returns when the script is over.
pub fn run() -> Result<(), Failure> {
    let hint = "it is started by the supervisor only";
    crate::script::run_host()
        .map_err(|e| Failure::system("the workflow's process failed", &e, hint))
}
