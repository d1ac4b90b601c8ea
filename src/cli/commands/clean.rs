//! `ao clean`: remove the worktrees of ended workers, their work preserved first.

use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output;
use crate::client::{Client, Deadline, Target};
use crate::wire::clean::{Clean, CleanAnswer};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::session::SessionList;
use crate::wire::supervisor::StatusView;

/// One worktree may hold a great many files.
const DEADLINE: Deadline = Deadline::Within(Duration::from_secs(900));

/// Remove the worktrees of ended workers, keeping their work; without --yes only say what would go
///
/// Commits, changes and untracked files are kept under refs of the repository, ignored files and
/// repositories in the worktree are moved into the data directory; folders that a tool makes again
/// go. `ao restore-work ID` brings everything back. A branch goes only where the default branch
/// has all of it.
#[derive(Debug, Args)]
pub struct CleanArgs {
    /// Sessions' ids [default: every ended worker of the project]
    #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::ended))]
    pub ids: Vec<String>,
    /// Every ended worker of every project
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Do it
    #[arg(long)]
    pub yes: bool,
    /// Give up the files that git ignores; they are listed. The rest is kept all the same
    #[arg(long)]
    pub discard: bool,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: &CleanArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let ids = ids(args, &client, context).await?;
    let body = Clean { apply: args.yes, discard: args.discard };
    let mut answers: Vec<CleanAnswer> = Vec::new();
    let mut failed: Option<ApiError> = None;
    for id in &ids {
        let target = Target::new(&["sessions", id, "clean"]);
        match client.post::<CleanAnswer>(&target, &body, DEADLINE).await {
            Ok(answer) => {
                show(&answer, args, context)?;
                answers.push(answer);
            }
            Err(error) => {
                // The others are none the worse for it.
                let error: ApiError = error.into();
                if ids.len() > 1 {
                    context.out.notice(&format!("{id}: {}: {}", error.message, error.reason));
                }
                failed = Some(error);
            }
        }
    }
    if args.ids.is_empty() {
        let status: StatusView = client.get(&Target::new(&["status"])).await?;
        status.warnings.iter().for_each(|warning| context.out.notice(warning));
    }
    end(&answers, ids.is_empty(), args, context)?;
    match failed.or_else(|| kept(&answers, args)) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

async fn ids(args: &CleanArgs, client: &Client, context: &Context) -> Result<Vec<String>, Failure> {
    if !args.ids.is_empty() {
        return Ok(args.ids.clone());
    }
    let project = if args.all { None } else { Some(context.project(client).await?) };
    let target = Target::new(&["sessions"]).flag("all", true).with("project", project);
    let list: SessionList = client.get(&target).await?;
    let ended = list
        .sessions
        .into_iter()
        .filter(|s| s.kind == "worker" && s.phase == "ended" && s.cleaned_at.is_none());
    Ok(ended.map(|s| s.id).collect())
}

/// Each session as soon as it is done with; JSON and ids come in one piece at the end.
fn show(answer: &CleanAnswer, args: &CleanArgs, context: &Context) -> Result<(), Failure> {
    if context.out.json || context.out.quiet {
        return Ok(());
    }
    output::clean::session(&context.out, answer, args.discard)?;
    context.out.flush()
}

fn end(
    answers: &[CleanAnswer],
    none: bool,
    args: &CleanArgs,
    context: &Context,
) -> Result<(), Failure> {
    let json = serde_json::json!({ "applied": args.yes, "sessions": answers });
    let concerned = answers.iter().filter(|a| a.removed || (!args.yes && a.verdict == "remove"));
    let ids: Vec<&str> = concerned.map(|answer| answer.session.id.as_str()).collect();
    context.out.result(&json, &ids, || {
        if none {
            return context.out.line("nothing to clean: no ended worker has a worktree");
        }
        if !args.yes && !ids.is_empty() {
            return context.out.line("nothing was removed; the same with --yes does it");
        }
        Ok(())
    })
}

/// Who names sessions wants these gone: that one stays is told by the exit code, too.
fn kept(answers: &[CleanAnswer], args: &CleanArgs) -> Option<ApiError> {
    if args.ids.is_empty() {
        return None;
    }
    let kept = answers.iter().find(|answer| answer.verdict == "keep")?;
    let what = format!("{} is kept", kept.session.id);
    let hint = "take the reason away, then try again; nothing of it was touched";
    Some(ApiError::new(ErrorCode::Refused, what, kept.reasons.join("; "), hint))
}
