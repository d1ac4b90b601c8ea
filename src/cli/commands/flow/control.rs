//! `ao flow approve`, `resume`, `retry` and `cancel`: one call each.

use clap::Args;
use serde::Serialize;

use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::{Deadline, Target};
use crate::wire::flow::{Approve, Resume, Retry, RunAnswer};

/// Let a gate pass
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The gate [default: the only one that waits]
    #[arg(value_name = "STEP")]
    pub step: Option<String>,
    /// Do not let it pass: what depends on it is cancelled
    #[arg(long)]
    pub reject: bool,
    /// What you say to it: the gate's result
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    #[command(flatten)]
    pub key: Key,
}

/// Go on with a run that is paused, with a larger budget where one is named
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Tokens that its agents may use altogether
    #[arg(long, value_name = "NUMBER")]
    pub tokens: Option<u64>,
    /// Money that they may cost altogether
    #[arg(long, value_name = "AMOUNT")]
    pub money: Option<f64>,
    /// Agents that may be started altogether
    #[arg(long, value_name = "NUMBER")]
    pub agents: Option<u32>,
    /// Seconds that it may take from its start
    #[arg(long, value_name = "SECONDS")]
    pub wall_s: Option<u64>,
    #[command(flatten)]
    pub key: Key,
}

/// Have a step done again, with everything that depends on it
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The step
    #[arg(value_name = "STEP")]
    pub step: String,
    #[command(flatten)]
    pub key: Key,
}

/// End a run, with every agent and program that works for it
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    #[command(flatten)]
    pub key: Key,
}

/// Lets a gate pass, or does not.
pub async fn approve(args: ApproveArgs, context: &Context) -> Result<(), Failure> {
    let body = Approve { step: args.step, reject: args.reject, note: args.note };
    tell(&args.run, "approve", &body, &args.key, context).await
}

/// Goes on.
pub async fn resume(args: ResumeArgs, context: &Context) -> Result<(), Failure> {
    let ResumeArgs { run, tokens, money, agents, wall_s, key } = args;
    tell(&run, "resume", &Resume { tokens, money, agents, wall_s }, &key, context).await
}

/// Has a step done again.
pub async fn retry(args: RetryArgs, context: &Context) -> Result<(), Failure> {
    tell(&args.run, "retry", &Retry { step: args.step }, &args.key, context).await
}

/// Ends it.
pub async fn cancel(args: CancelArgs, context: &Context) -> Result<(), Failure> {
    tell(&args.run, "cancel", &(), &args.key, context).await
}

async fn tell(
    run: &str,
    verb: &str,
    body: &impl Serialize,
    key: &Key,
    context: &Context,
) -> Result<(), Failure> {
    let client = context.client_with(key).await?;
    let answer: RunAnswer =
        client.post(&Target::new(&["flows", run, verb]), body, Deadline::Long).await?;
    let view = &answer.run;
    context.out.result(&answer, &[&view.run_id], || {
        context.out.line(&format!("{} is {}", view.run_id, view.state.replace('_', " ")))
    })
}
