//! `ao restore-work`: bring a removed worktree back.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::{Deadline, Target};
use crate::wire::clean::{RestoreWork, RestoreWorkAnswer};

/// Bring back the worktree that `ao clean` removed, with all of its work
#[derive(Debug, Args)]
pub struct RestoreWorkArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::ended))]
    pub id: String,
    /// Which removal's work, as `ao clean` named it [default: the last one's]
    #[arg(long, value_name = "NAME")]
    pub slot: Option<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: &RestoreWorkArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let target = Target::new(&["sessions", &args.id, "restore-work"]);
    let body = RestoreWork { slot: args.slot.clone() };
    let answer: RestoreWorkAnswer = client.post(&target, &body, Deadline::Long).await?;
    let s = &answer.session;
    context.out.result(&answer, &[&s.id], || {
        for notice in &answer.notices {
            context.out.notice(notice);
        }
        let worktree = neutral::one_line(&s.worktree);
        context.out.line(&match answer.slot {
            Some(_) => format!("{}: all that was kept is back in {worktree}", s.id),
            None => format!("{}: nothing was preserved; its worktree is {worktree}", s.id),
        })
    })
}
