//! `ao run-agent`: one task for one agent, and its result.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::agent_args::AgentArgs;
use super::wait;
use crate::cli::args::{Key, duration};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::cli::text_input;
use crate::client::caller;
use crate::client::{Deadline, Target};
use crate::model::session::EFFORTS;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::session::{OneShotSpawn, OutcomeView, Spawn, SpawnAnswer};

/// Give one task to an agent in its headless mode, and print its result
///
/// The agent gets a session of its own: `ao ls`, `ao logs`, `ao attach` and `ao kill` know it, and
/// its result outlives the supervisor. It can ask nobody for a permission: name a mode with
/// --permission that allows what the task needs.
#[derive(Debug, Args)]
pub struct RunAgentArgs {
    /// The task; - reads standard input
    #[arg(value_name = "PROMPT", conflicts_with = "prompt_file")]
    pub prompt: Vec<String>,
    /// Read the task from a file, or from standard input with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub prompt_file: Option<PathBuf>,
    /// Work in the current folder, instead of in a worktree of its own
    #[arg(long, conflicts_with_all = ["branch", "base"])]
    pub here: bool,
    /// The branch to make [default: worker/<id>]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// What to branch from [default: the project's default branch]
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// A file with a JSON Schema that the result must meet
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub schema: Option<PathBuf>,
    /// Who the agent is to be, before its task
    #[arg(long, value_name = "TEXT")]
    pub role: Option<String>,
    /// How hard its model is to think, for an agent that can be told
    #[arg(long, value_name = "LEVEL", value_parser = EFFORTS)]
    pub effort: Option<String>,
    /// How long it may take: seconds, or 30s, 5m [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// End it when it calls a tool once more than this
    #[arg(long, value_name = "N")]
    pub max_tool_calls: Option<u32>,
    /// A name for people
    #[arg(long, value_name = "LABEL")]
    pub name: Option<String>,
    /// Where there is no room for it: wait in line instead of failing
    #[arg(long)]
    pub queue: bool,
    /// Print the session's id and do not wait; `ao wait ID --for exited` and `ao result ID` do
    #[arg(long)]
    pub detach: bool,
    #[command(flatten)]
    pub agent: AgentArgs,
    #[command(flatten)]
    pub key: Key,
}

/// Does it.
pub async fn run(args: RunAgentArgs, context: &Context) -> Result<(), Failure> {
    let (detach, key) = (args.detach, args.key.clone());
    let prompt = prompt(&args)?;
    let one_shot = one_shot(&args)?;
    let client = context.client_with(&key).await?;
    let body = Spawn {
        project: context.project(&client).await?,
        choice: args.agent.into(),
        prompt: Some(prompt),
        branch: args.branch,
        base: args.base,
        label: args.name,
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
        queue: args.queue,
        one_shot: Some(one_shot),
        ..Spawn::default()
    };
    let answer: SpawnAnswer =
        client.post(&Target::new(&["sessions"]), &body, Deadline::SetUp).await?;
    for notice in &answer.notices {
        context.out.notice(notice);
    }
    let id = answer.session.id.clone();
    if detach {
        return context.out.result(&answer, &[&id], || context.out.line(&id));
    }
    wait::session(&client, &id, "exited", None).await?;
    let outcome: OutcomeView = client.get(&Target::new(&["sessions", &id, "outcome"])).await?;
    tell(&outcome, context)
}

fn one_shot(args: &RunAgentArgs) -> Result<OneShotSpawn, Failure> {
    let folder = if args.here {
        let here = std::env::current_dir();
        let here = here.map_err(|e| Failure::system("no current folder", &e, "cd to one"))?;
        Some(here.display().to_string())
    } else {
        None
    };
    let schema = match &args.schema {
        None => None,
        Some(file) => {
            let text = text_input::read(file, "schema")?;
            let value: Value = serde_json::from_str(&text).map_err(|error| {
                let why = format!("{}: {error}", file.display());
                Failure::usage("cannot read the schema", why, "give a JSON Schema")
            })?;
            Some(value)
        }
    };
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Ok(OneShotSpawn {
        folder,
        schema,
        max_tool_calls: args.max_tool_calls,
        timeout_ms: args.timeout.map(millis),
        effort: args.effort.clone(),
        role: args.role.clone(),
        ..OneShotSpawn::default()
    })
}

fn prompt(args: &RunAgentArgs) -> Result<String, Failure> {
    if let Some(file) = &args.prompt_file {
        return text_input::read(file, "task");
    }
    match args.prompt.as_slice() {
        [dash] if dash == "-" => text_input::read("-".as_ref(), "task"),
        words => text_input::checked(words.join(" ").into_bytes(), "task"),
    }
}

/// Prints the result; the exit code says what became of it.
fn tell(outcome: &OutcomeView, context: &Context) -> Result<(), Failure> {
    for warning in &outcome.warnings {
        context.out.notice(warning);
    }
    let json = serde_json::json!({ "outcome": outcome });
    let done = outcome.state == "done";
    if done || context.out.json {
        context.out.result(&json, &[&outcome.session], || match &outcome.result {
            Some(Value::String(text)) if context.out.terminal => {
                context.out.line(&neutral::lines(text))
            }
            Some(Value::String(text)) => context.out.line(text),
            Some(value) => context.out.json(value),
            None => Ok(()),
        })?;
    }
    if done {
        return Ok(());
    }
    let (why, words) = (outcome.why.as_deref(), outcome.message.as_deref());
    let code = match why {
        Some("stopped") => ErrorCode::NotRunning,
        Some("timeout" | "tool_limit" | "result_too_large") => ErrorCode::Limit,
        _ => ErrorCode::WorkFailed,
    };
    let id = &outcome.session;
    let reason = format!("{}: {}", why.unwrap_or("unknown"), words.unwrap_or("it says no more"));
    let hint = format!("`ao logs {id}` shows what it did, `ao trace {id}` its tool calls");
    Err(ApiError::new(code, format!("{id} has no result"), neutral::one_line(&reason), hint).into())
}
