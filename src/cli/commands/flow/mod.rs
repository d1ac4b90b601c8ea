//! `ao flow`: declared flows.

mod check;
mod control;
mod graph;
mod list;
mod progress;
mod rehearse;
mod result;
mod run;
mod show;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::Failure;

/// Flows: files that declare steps, and how whole results pass between them
///
/// They are in .ao/flows/*.toml of the repository and in flows/*.toml of the configuration
/// directory. A run goes on by itself after a crash of anything; a step that is done is never done
/// again. Steps that are programs run only from your own flows, and from those of a repository that
/// you have agreed to: ao project trust.
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
    Run(Box<run::RunArgs>),
    Show(show::ShowArgs),
    Approve(control::ApproveArgs),
    Resume(control::ResumeArgs),
    Retry(control::RetryArgs),
    Cancel(control::CancelArgs),
    Result(result::ResultArgs),
}

/// Does it.
pub async fn run(args: FlowArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Ls(args) if args.runs => show::list(args, context).await,
        Verb::Ls(_) => list::run(context).await,
        Verb::Check(args) => check::run(&args, context).await,
        Verb::Graph(args) => graph::run(&args, context).await,
        Verb::Run(args) => run::run(*args, context).await,
        Verb::Show(args) => show::run(&args, context).await,
        Verb::Approve(args) => control::approve(args, context).await,
        Verb::Resume(args) => control::resume(args, context).await,
        Verb::Retry(args) => control::retry(args, context).await,
        Verb::Cancel(args) => control::cancel(args, context).await,
        Verb::Result(args) => result::run(&args, context).await,
    }
}
