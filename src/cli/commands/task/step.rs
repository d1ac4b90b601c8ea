//! `ao task claim`, `done`, `fail`, `release`, `cancel`: one step each, over the version that was
//! seen.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::tasks;
use crate::client::{Client, Deadline, Target};
use crate::wire::task::{ArtifactAnswer, StepTask, TaskAnswer};

/// What every step names.
#[derive(Debug, Args)]
pub struct StepArgs {
    /// The task's id
    #[arg(value_name = "TASK")]
    pub id: String,
    /// The version that was seen; another one is refused and shown
    #[arg(long, value_name = "VERSION")]
    pub expect_version: u32,
    /// A few words on it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub note: Option<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Begin a task that is ready; of several at once exactly one gets it
#[derive(Debug, Args)]
pub struct ClaimArgs {
    #[command(flatten)]
    pub step: StepArgs,
    /// Give it to this session [default: oneself]
    #[arg(long = "for", value_name = "ID", add = ArgValueCandidates::new(candidates::sessions))]
    pub owner: Option<String>,
}

/// Note a task as done, with its result
#[derive(Debug, Args)]
pub struct DoneArgs {
    #[command(flatten)]
    pub step: StepArgs,
    /// The whole result, up to 64 MiB, from a file or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub result_file: Option<PathBuf>,
    /// The whole result
    #[arg(long, value_name = "TEXT", conflicts_with = "result_file", allow_hyphen_values = true)]
    pub result: Option<String>,
}

/// Note that a task could not be done; with an attempt left it is ready again
#[derive(Debug, Args)]
pub struct FailArgs {
    #[command(flatten)]
    pub step: StepArgs,
}

/// Let go of a task, for others
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    #[command(flatten)]
    pub step: StepArgs,
}

/// Take a task off the board; what depends on it cannot be reached any more
#[derive(Debug, Args)]
pub struct CancelArgs {
    #[command(flatten)]
    pub step: StepArgs,
}

/// `ao task claim`
pub async fn claim(args: ClaimArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.step.key).await?;
    take(&client, "claim", args.step, args.owner, None, context).await
}

/// `ao task done`
pub async fn done(args: DoneArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.step.key).await?;
    let bytes = match (&args.result_file, args.result) {
        (Some(file), _) => Some(super::result::read(file)?),
        (None, text) => text.map(String::into_bytes),
    };
    // The body first: a task is not done with a result that is not there.
    let result = match bytes {
        Some(bytes) => {
            let target = Target::new(&["artifacts"]);
            let stored: ArtifactAnswer = client.upload(&target, bytes, Deadline::Long).await?;
            Some(stored.artifact.sha256)
        }
        None => None,
    };
    take(&client, "done", args.step, None, result, context).await
}

/// `ao task fail`
pub async fn fail(args: FailArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.step.key).await?;
    take(&client, "fail", args.step, None, None, context).await
}

/// `ao task release`
pub async fn release(args: ReleaseArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.step.key).await?;
    take(&client, "release", args.step, None, None, context).await
}

/// `ao task cancel`
pub async fn cancel(args: CancelArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.step.key).await?;
    take(&client, "cancel", args.step, None, None, context).await
}

async fn take(
    client: &Client,
    verb: &str,
    args: StepArgs,
    owner: Option<String>,
    result: Option<String>,
    context: &Context,
) -> Result<(), Failure> {
    let target = Target::new(&["tasks", &args.id, verb]);
    let body =
        StepTask { expect_version: Some(args.expect_version), owner, result, note: args.note };
    let answer: TaskAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    let id = answer.task.id.to_string();
    context.out.result(&answer, &[&id], || {
        context.out.line(&tasks::line(&answer.task))?;
        match tasks::ids(&answer.ready) {
            ready if ready.is_empty() => Ok(()),
            ready => context.out.line(&format!("ready now: {ready}")),
        }
    })
}
