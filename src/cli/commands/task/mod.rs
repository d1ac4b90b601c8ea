//! `ao task`: the board.

mod add;
mod graph;
mod list;
mod result;
mod show;
mod step;
mod update;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::error::Failure;

/// The board: units of work with dependencies, an owner, a version and a result
///
/// A change names the version that it was decided on, so that of several at once exactly one is
/// made; `ao task show` tells the version. A task waits until all that it depends on is done. What
/// a session works on when it ends is for others.
#[derive(Debug, Args)]
pub struct TaskArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // One value per process; boxes would only hide the fields.
pub enum Verb {
    Add(add::AddArgs),
    Ls(list::ListArgs),
    Show(show::ShowArgs),
    Graph(graph::GraphArgs),
    Claim(step::ClaimArgs),
    Update(update::UpdateArgs),
    Done(step::DoneArgs),
    Fail(step::FailArgs),
    Release(step::ReleaseArgs),
    Cancel(step::CancelArgs),
    Result(result::ResultArgs),
}

/// Does it.
pub async fn run(args: TaskArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Add(args) => add::run(args, context).await,
        Verb::Ls(args) => list::run(args, context).await,
        Verb::Show(args) => show::run(&args, context).await,
        Verb::Graph(args) => graph::run(&args, context).await,
        Verb::Update(args) => update::run(args, context).await,
        Verb::Claim(args) => step::claim(args, context).await,
        Verb::Done(args) => step::done(args, context).await,
        Verb::Fail(args) => step::fail(args, context).await,
        Verb::Release(args) => step::release(args, context).await,
        Verb::Cancel(args) => step::cancel(args, context).await,
        Verb::Result(args) => result::run(&args, context).await,
    }
}
