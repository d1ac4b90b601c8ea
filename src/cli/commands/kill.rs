//! `ao kill`: end a session.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{neutral, sessions};
use crate::client::{Deadline, Target};
use crate::wire::session::{Kill, SessionAnswer};

/// End a session: its agent and every process that came from it; the worktree stays
#[derive(Debug, Args)]
pub struct KillArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub id: String,
    /// Seconds between SIGTERM and SIGKILL [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=120))]
    pub grace: Option<u64>,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: &KillArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let target = Target::new(&["sessions", &args.id, "kill"]);
    let body = Kill { grace_s: args.grace };
    let answer: SessionAnswer = client.post(&target, &body, Deadline::Long).await?;
    ended(&answer, context)
}

/// Tells what became of the session.
pub fn ended(answer: &SessionAnswer, context: &Context) -> Result<(), Failure> {
    let s = &answer.session;
    context.out.result(answer, &[&s.id], || {
        let worktree = neutral::one_line(&s.worktree);
        context.out.line(&format!(
            "{} {}; its worktree stays: {worktree}",
            s.id,
            sessions::status(s)
        ))
    })
}
