//! `ao restore`: start an ended worker again.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::client::caller;
use crate::client::{Deadline, Target};
use crate::wire::clean::{Restore, RestoreAnswer};

/// Start an ended worker again in its worktree, with the agent's own conversation where it can
///
/// A worktree that was removed by `ao clean` is brought back first.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The session's id
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::ended))]
    pub id: String,
    /// Begin a new conversation, with the task as its prompt
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: &RestoreArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let target = Target::new(&["sessions", &args.id, "restore"]);
    let body = Restore {
        fresh: args.fresh,
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    };
    let answer: RestoreAnswer = client.post(&target, &body, Deadline::SetUp).await?;
    let s = &answer.session;
    context.out.result(&answer, &[&s.id], || {
        for notice in &answer.notices {
            context.out.notice(notice);
        }
        let how = match (answer.outcome.as_str(), answer.resumed) {
            ("reused", _) => "is live already",
            (_, true) => "started again, with its conversation",
            (_, false) => "started again, with a new conversation",
        };
        let state = sessions::status(s);
        context.out.line(&format!(
            "{} {how}, launch {}, {state}; `ao attach {}`",
            s.id, s.generation, s.id
        ))
    })
}
