//! `ao demo`: a whole run with a scripted agent, no key and no network.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::demo::{self, Options};
use crate::cli::error::Failure;

/// Watch a whole run: an orchestrator and two workers, no key and no network needed
///
/// Makes a small repository in a temporary directory, starts a supervisor of its own there, and
/// plays: the orchestrator gives two tasks to two workers, answers a question, and reports. The
/// agents are a scripted program; everything else is what it always is. Ends with the tables of
/// sessions, messages and commits, and leaves nothing behind. The exit code is 1 if anything that
/// should have come to pass did not.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Leave everything running for looking at, and say how to look and how to end it
    #[arg(long)]
    pub keep: bool,
    /// Show it in zellij panes, slowly enough to follow
    #[arg(long)]
    pub zellij: bool,
}

/// Does it.
pub async fn run(args: &DemoArgs, context: &Context) -> Result<(), Failure> {
    demo::run(Options { keep: args.keep, zellij: args.zellij }, context).await
}
