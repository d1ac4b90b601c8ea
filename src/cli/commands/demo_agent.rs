//! `ao demo-agent`: the scripted agent of `ao demo`. Started by its supervisor only.

use std::time::Duration;

use clap::Args;

use crate::cli::args::duration;
use crate::cli::demo::agent;
use crate::cli::error::Failure;

/// Be the scripted agent of a demonstration
#[derive(Debug, Args)]
#[command(hide = true)]
pub struct DemoAgentArgs {
    /// How long to pause before each command
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0")]
    pub pace: Duration,
}

/// Does it; returns when its terminal has ended.
pub fn run(args: &DemoAgentArgs) -> Result<(), Failure> {
    agent::run(args.pace)
}
