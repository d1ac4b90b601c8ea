//! `ao permit`: what agents ask leave for, and the answers.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::permits;
use crate::client::Target;
use crate::wire::permit::{AnswerPermit, PermitAnswer, PermitList};

/// Answer agents' permission requests
///
/// An agent whose hook asks ao waits a while for the answer; its dialog can be answered at its
/// terminal all the same. Rules in permissions.toml answer without anybody being asked. Nothing is
/// ever typed into a dialog.
#[derive(Debug, Args)]
pub struct PermitArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the requests that are open
    Ls {
        /// Those that are decided, too
        #[arg(long)]
        all: bool,
    },
    /// Let the agent do it
    Allow(AnswerArgs),
    /// Do not let it
    Deny(AnswerArgs),
}

/// An answer.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// The request's id (p-…)
    #[arg(value_name = "ID")]
    pub id: String,
    /// For this request alone (the default)
    #[arg(long, conflicts_with = "session")]
    pub once: bool,
    /// For every later call of the same tool in this launch of the session, too; only a person may
    #[arg(long)]
    pub session: bool,
    /// Why, for the agent
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: PermitArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Ls { all } => list(all, context).await,
        Verb::Allow(args) => answer("allow", args, context).await,
        Verb::Deny(args) => answer("deny", args, context).await,
    }
}

async fn list(all: bool, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let target = Target::new(&["permits"])
        .with("project", context.global.project.clone())
        .with("all", all.then_some("true"));
    let list: PermitList = client.get(&target).await?;
    let ids: Vec<&str> = list.permits.iter().map(|permit| permit.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.permits.is_empty() {
            return context.out.line("nobody asks for anything");
        }
        context.out.table(&permits::table(&list.permits))
    })
}

async fn answer(word: &str, args: AnswerArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let body =
        AnswerPermit { answer: word.to_owned(), session: args.session, message: args.message };
    let answer: PermitAnswer = client
        .post(&Target::new(&["permits", &args.id]), &body, crate::client::Deadline::Ordinary)
        .await?;
    let permit = &answer.permit;
    context.out.result(&json!({ "permit": permit }), &[&permit.id], || {
        let line = format!("{} is {}: {} {}", permit.id, permit.state, permit.session, permit.tool);
        context.out.line(&line)
    })
}
