//! `ao demo`: a whole run with a scripted agent, no key and no network.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::wire::error::{ApiError, ErrorCode};

/// Watch a whole run: an orchestrator and two workers, no key and no network needed
///
/// Works in a temporary directory with a supervisor of its own, and leaves nothing behind.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Leave everything for looking at, and say where it is
    #[arg(long)]
    pub keep: bool,
    /// Show it in zellij panes
    #[arg(long)]
    pub zellij: bool,
}

/// Does it.
pub async fn run(_args: &DemoArgs, _context: &Context) -> Result<(), Failure> {
    Err(ApiError::new(
        ErrorCode::Internal,
        "there is no demo yet",
        "this build does not contain it",
        "`ao start` in a repository of your own",
    )
    .into())
}
