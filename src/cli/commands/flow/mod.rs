//! `ao flow`: declared flows.

mod check;
mod graph;
mod list;
mod run;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::Failure;

/// Flows: files that declare steps, and how whole results pass between them
///
/// They are in .ao/flows/*.toml of the repository and in flows/*.toml of the configuration
/// directory. So far they can be checked, drawn and rehearsed; none is run with agents yet.
#[derive(Debug, Args)]
pub struct FlowArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Ls(list::ListArgs),
    Check(check::CheckArgs),
    Graph(graph::GraphArgs),
    Run(run::RunArgs),
}

/// Does it.
pub fn run(args: FlowArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Ls(args) => list::run(&args, context),
        Verb::Check(args) => check::run(&args, context),
        Verb::Graph(args) => graph::run(&args, context),
        Verb::Run(args) => run::run(args, context),
    }
}
