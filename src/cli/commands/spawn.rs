//! `ao spawn`: start a worker.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::agent_args::AgentArgs;
use super::{attach, wait};
use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::cli::text_input;
use crate::client::caller;
use crate::client::{Deadline, Target};
use crate::wire::session::{Spawn, SpawnAnswer};

/// Start a worker in a worktree and on a branch of its own
///
/// Prints its id, branch and worktree, how to attach, and the orchestrator's id if there is one.
#[derive(Debug, Args)]
pub struct SpawnArgs {
    /// The task, as the agent's first prompt; - reads standard input
    #[arg(value_name = "PROMPT", conflicts_with = "prompt_file")]
    pub prompt: Vec<String>,
    /// Read the prompt from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub prompt_file: Option<PathBuf>,
    /// An issue's id, kept with the session and given to the agent as AO_ISSUE_ID
    #[arg(long, value_name = "ID")]
    pub issue: Option<String>,
    /// The branch to make [default: worker/<id>]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// What to branch from [default: the project's default branch]
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// Fetch the base from its remote first
    #[arg(long)]
    pub fetch: bool,
    /// A name for people
    #[arg(long, value_name = "LABEL")]
    pub name: Option<String>,
    /// How its results reach who spawned it
    #[arg(long, value_name = "POLICY")]
    pub deliver: Option<Policy>,
    /// Where there is no room for it: wait in line instead of failing
    #[arg(long)]
    pub queue: bool,
    /// Wait until it is live
    #[arg(long)]
    pub wait: bool,
    /// Attach to its terminal
    #[arg(long, conflicts_with = "json")]
    pub attach: bool,
    #[command(flatten)]
    pub agent: AgentArgs,
    #[command(flatten)]
    pub key: Key,
}

/// When a message is handed to its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// As soon as the agent can take it
    Immediate,
    /// When its turn has ended
    Deferred,
    /// When it asks
    OnDemand,
}

impl Policy {
    /// The word on the wire.
    pub fn wire(self) -> String {
        let word = match self {
            Self::Immediate => "immediate",
            Self::Deferred => "deferred",
            Self::OnDemand => "on_demand",
        };
        word.to_owned()
    }
}

/// Does it.
pub async fn run(args: SpawnArgs, context: &Context) -> Result<(), Failure> {
    let prompt = prompt(&args)?;
    let client = context.client_with(&args.key).await?;
    let body = Spawn {
        project: context.project(&client).await?,
        choice: args.agent.into(),
        prompt,
        issue: args.issue,
        branch: args.branch,
        base: args.base,
        label: args.name,
        deliver: args.deliver.map(Policy::wire),
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
        fetch: args.fetch,
        queue: args.queue,
        one_shot: None,
    };
    let mut answer: SpawnAnswer =
        client.post(&Target::new(&["sessions"]), &body, Deadline::SetUp).await?;
    if args.wait || args.attach {
        let session = wait::session(&client, &answer.session.id, "live", None).await;
        // It exists whether or not it came to life: its id is not kept back.
        match session {
            Ok(live) => answer.session = live,
            Err(failure) => {
                print(&answer, context)?;
                return Err(failure);
            }
        }
    }
    print(&answer, context)?;
    if args.attach {
        context.out.flush()?;
        return attach::view(&client, &answer.session.id, attach::View::default()).await;
    }
    Ok(())
}

fn print(answer: &SpawnAnswer, context: &Context) -> Result<(), Failure> {
    context.out.result(answer, &[&answer.session.id], || {
        for notice in &answer.notices {
            context.out.notice(notice);
        }
        sessions::spawned(&context.out, answer)
    })
}

fn prompt(args: &SpawnArgs) -> Result<Option<String>, Failure> {
    if let Some(file) = &args.prompt_file {
        return text_input::read(file, "prompt").map(Some);
    }
    match args.prompt.as_slice() {
        [] => Ok(None),
        [dash] if dash == "-" => text_input::read("-".as_ref(), "prompt").map(Some),
        words => text_input::checked(words.join(" ").into_bytes(), "prompt").map(Some),
    }
}
