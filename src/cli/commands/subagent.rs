//! `ao subagent`: background work of a session or the person.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::agent_args::AgentArgs;
use super::spawn::Policy;
use crate::cli::args::{Key, duration};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, neutral};
use crate::cli::text_input;
use crate::client::{Client, Deadline, Target, caller};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::subagent::{SpawnSubagent, SubagentAnswer, SubagentList, SubagentView};

/// Have tasks done in the background, by agents in their headless modes
///
/// A subagent is accepted at once and outlives the supervisor. Who had it started is told when it
/// has ended, as --deliver says, and it ends with who had it started unless it is to stay. A
/// session sees its own; the orchestrator and the person see all of the project.
#[derive(Debug, Args)]
pub struct SubagentArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // One value per process; boxes would only hide the fields.
pub enum Verb {
    Spawn(SpawnArgs),
    Ls(ListArgs),
    Status(StatusArgs),
    Result(ResultArgs),
    Cancel(CancelArgs),
}

/// Start one; prints its id at once
#[derive(Debug, Args)]
pub struct SpawnArgs {
    /// The task; - reads standard input
    #[arg(value_name = "PROMPT", conflicts_with = "prompt_file")]
    pub prompt: Vec<String>,
    /// Read the task from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub prompt_file: Option<PathBuf>,
    /// A few words for people
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// A file with a JSON Schema that the result must meet
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub schema: Option<PathBuf>,
    /// What it is to be: a name from .ao/agents or .claude/agents, or general-purpose, Explore, Plan
    #[arg(long, value_name = "NAME")]
    pub agent_type: Option<String>,
    /// How its end is told [default: as its type, ao.toml or the setting subagents.deliver says]
    #[arg(long, value_name = "POLICY")]
    pub deliver: Option<Policy>,
    /// It goes on when this session ends
    #[arg(long)]
    pub stay: bool,
    /// In a worktree of its own, instead of the session's
    #[arg(long)]
    pub own_worktree: bool,
    /// How long it may take: seconds, or 30s, 5m [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// End it when it calls a tool once more than this
    #[arg(long, value_name = "N")]
    pub max_tool_calls: Option<u32>,
    #[command(flatten)]
    pub agent: AgentArgs,
    #[command(flatten)]
    pub key: Key,
}

/// List them, the newest last; those that are not over are always among them
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this session, or of `person`
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// Only those before this one that are over
    #[arg(long, value_name = "SUBAGENT")]
    pub before: Option<String>,
    /// At most this many that are over [default: 200]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

/// Show how one stands
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The subagent's id
    #[arg(value_name = "SUBAGENT")]
    pub id: String,
}

/// Print a result, whole
///
/// Exit codes: 0 there it is, 1 it failed, 3 it is not over yet, or was cancelled.
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// The subagent's id
    #[arg(value_name = "SUBAGENT")]
    pub id: String,
    /// Wait until it is over
    #[arg(long)]
    pub wait: bool,
}

/// End one; returns when it has ended
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The subagent's id
    #[arg(value_name = "SUBAGENT")]
    pub id: String,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: SubagentArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Spawn(args) => spawn(args, context).await,
        Verb::Ls(args) => list(args, context).await,
        Verb::Status(args) => status(&args, context).await,
        Verb::Result(args) => result(&args, context).await,
        Verb::Cancel(args) => cancel(&args, context).await,
    }
}

async fn spawn(args: SpawnArgs, context: &Context) -> Result<(), Failure> {
    let prompt = match (&args.prompt_file, args.prompt.as_slice()) {
        (Some(file), _) => text_input::read(file, "task")?,
        (None, [dash]) if dash == "-" => text_input::read("-".as_ref(), "task")?,
        (None, words) => text_input::checked(words.join(" ").into_bytes(), "task")?,
    };
    let schema = match &args.schema {
        None => None,
        Some(file) => {
            let text = text_input::read(file, "schema")?;
            let value = serde_json::from_str(&text).map_err(|error| {
                let why = format!("{}: {error}", file.display());
                Failure::usage("cannot read the schema", why, "give a JSON Schema")
            })?;
            Some(value)
        }
    };
    let client = context.client_with(&args.key).await?;
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let body = SpawnSubagent {
        project: context.project(&client).await?,
        choice: args.agent.into(),
        agent_type: args.agent_type,
        prompt,
        title: args.title,
        schema,
        deliver: args.deliver.map(Policy::wire),
        stays: args.stay,
        own_worktree: args.own_worktree,
        max_tool_calls: args.max_tool_calls,
        timeout_ms: args.timeout.map(millis),
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    };
    let target = Target::new(&["subagents"]);
    let answer: SubagentAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    tell(&answer, context)
}

async fn list(args: ListArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    // A session's own, unless the project or another parent is named.
    let project = match (&context.global.project, &client.address().session) {
        (None, Some(_)) => None,
        _ => Some(context.project(&client).await?),
    };
    let is_whole = context.out.is_whole(args.limit);
    let target = Target::new(&["subagents"])
        .with("project", project)
        .with("parent", args.parent)
        .with("limit", args.limit.map(|limit| limit.to_string()));
    let mut list: SubagentList = client.get(&target.clone().with("before", args.before)).await?;
    while let Some(before) = list.next_before.take_if(|_| is_whole) {
        let page: SubagentList = client.get(&target.clone().with("before", Some(before))).await?;
        list.subagents.splice(..0, page.subagents);
        list.next_before = page.next_before;
    }
    let ids: Vec<&str> = list.subagents.iter().map(|subagent| subagent.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        let mut table = Table::new(&["SUBAGENT", "STATE", "SECONDS", "PARENT", "SESSION", "TITLE"]);
        for one in &list.subagents {
            let (session, title) = (one.session.as_deref(), one.title.as_deref());
            table.row(&[
                &one.id,
                &one.state,
                &one.elapsed_s.to_string(),
                &one.parent,
                session.unwrap_or_default(),
                title.unwrap_or_default(),
            ]);
        }
        context.out.table(&table)?;
        if let Some(before) = &list.next_before {
            let hint = format!("ao subagent ls --before {before}");
            context.out.notice(&format!("older ones that are over are left out: {hint}"));
        }
        Ok(())
    })
}

async fn status(args: &StatusArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    tell(&client.get(&Target::new(&["subagents", &args.id])).await?, context)
}

async fn cancel(args: &CancelArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let target = Target::new(&["subagents", &args.id, "cancel"]);
    tell(&client.post(&target, &serde_json::json!({}), Deadline::Long).await?, context)
}

async fn result(args: &ResultArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    if args.wait {
        over(&client, &args.id).await?;
    }
    let target = Target::new(&["subagents", &args.id, "result"]);
    let bytes = client.download(&target, Deadline::Long).await?;
    let text = String::from_utf8_lossy(&bytes);
    let json = serde_json::json!({ "subagent": args.id, "bytes": bytes.len(), "result": text });
    context.out.result(&json, &[&args.id], || {
        if context.out.terminal {
            return context.out.line(neutral::lines(&text).trim_end());
        }
        context.out.bytes(&bytes)
    })
}

/// Returns when it is over. Ctrl-C ends the wait, not the subagent.
async fn over(client: &Client, id: &str) -> Result<(), Failure> {
    let target = Target::new(&["subagents", id, "wait"]);
    tokio::select! {
        answer = client.wait::<SubagentAnswer>(&target, None) => Ok(answer.map(drop)?),
        _ = tokio::signal::ctrl_c() => {
            let hint = format!(
                "`ao subagent result {id} --wait` waits again, `ao subagent cancel {id}` ends it"
            );
            let why = format!("{id} goes on");
            Err(ApiError::new(ErrorCode::Timeout, "stopped waiting", why, hint).into())
        }
    }
}

fn tell(answer: &SubagentAnswer, context: &Context) -> Result<(), Failure> {
    let one = &answer.subagent;
    context.out.result(answer, &[&one.id], || context.out.line(&line(one)))
}

/// `sa-1f… running, in shop-3: Look at the tests`
fn line(one: &SubagentView) -> String {
    let session = one.session.as_deref().map_or_else(String::new, |id| format!(", in {id}"));
    let words = one.reason.as_deref().or(one.title.as_deref()).unwrap_or_default();
    let words = neutral::one_line(words);
    let words = if words.is_empty() { words } else { format!(": {words}") };
    format!("{} {}{session}{words}", one.id, one.state)
}
