//! `ao orchestrator`: the one orchestrator of a project.

use clap::{Args, Subcommand};

use super::agent_args::AgentArgs;
use super::send::MessageArgs;
use super::{attach, kill, send};
use crate::cli::args::Key;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions;
use crate::client::caller;
use crate::client::{Client, Deadline, Target};
use crate::model::names::ORCHESTRATOR;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::orchestrator::{EnsureOrchestrator, OrchestratorAnswer};
use crate::wire::session::{Kill, SessionAnswer, SessionList, SessionView};

/// Start, stop, relaunch or reach the project's orchestrator
#[derive(Debug, Args)]
pub struct OrchestratorArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // One value per process.
pub enum Verb {
    /// Start it where it does not run; a live one is left as it is
    Start {
        #[command(flatten)]
        agent: AgentArgs,
        #[command(flatten)]
        key: Key,
    },
    /// Show it
    Status,
    /// Show its terminal in this one
    Attach {
        /// Look, but send no keys
        #[arg(long)]
        read_only: bool,
    },
    /// Send it a message, also while it does not run
    Send {
        /// The text; - reads standard input
        #[arg(value_name = "TEXT")]
        words: Vec<String>,
        #[command(flatten)]
        message: MessageArgs,
    },
    /// End it; it does not come back by itself
    Stop {
        /// Seconds between SIGTERM and SIGKILL [default: 5]
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=120))]
        grace: Option<u64>,
        #[command(flatten)]
        key: Key,
    },
    /// End it and start it again under the same id, in the same worktree
    Relaunch {
        /// Go on with the agent's own conversation, where the agent can [the default]
        #[arg(long, conflicts_with = "fresh")]
        resume: bool,
        /// Begin a new conversation
        #[arg(long)]
        fresh: bool,
        #[command(flatten)]
        agent: AgentArgs,
        #[command(flatten)]
        key: Key,
    },
}

/// Does it.
pub async fn run(args: OrchestratorArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = context.project(&client).await?;
    match args.verb {
        Verb::Start { agent, key } => ensure(&client, project, None, (agent, key), context).await,
        Verb::Relaunch { fresh, agent, key, .. } => {
            let mode = if fresh { "fresh" } else { "resume" };
            ensure(&client, project, Some(mode), (agent, key), context).await
        }
        Verb::Status => status(&client, &project, context).await,
        Verb::Attach { read_only } => {
            let session = canonical(&client, &project).await?.ok_or_else(|| none(&project))?;
            let view = attach::View { read_only, pane: false };
            attach::view(&client, &session.id, view).await
        }
        Verb::Send { words, message } => {
            let text = send::text(&words, &message)?;
            let client = client.with_key(message.key.idempotency_key.clone());
            send::send(&client, ORCHESTRATOR, Some(project), text, &message, context).await
        }
        Verb::Stop { grace, key } => {
            let client = client.with_key(key.idempotency_key);
            let target = Target::new(&["orchestrators", &project, "stop"]);
            let body = Kill { grace_s: grace };
            let answer: SessionAnswer = client.post(&target, &body, Deadline::Long).await?;
            kill::ended(&answer, context)
        }
    }
}

async fn ensure(
    client: &Client,
    project: String,
    mode: Option<&str>,
    (agent, key): (AgentArgs, Key),
    context: &Context,
) -> Result<(), Failure> {
    let body = EnsureOrchestrator {
        project,
        clean: false,
        mode: mode.map(str::to_owned),
        choice: agent.into(),
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    };
    let client = client.clone().with_key(key.idempotency_key);
    let answer: OrchestratorAnswer =
        client.post(&Target::new(&["orchestrators"]), &body, Deadline::SetUp).await?;
    let s = &answer.session;
    context.out.result(&answer, &[&s.id], || {
        for notice in &answer.notices {
            context.out.notice(notice);
        }
        context.out.line(&format!(
            "{} {}, launch {}, {}; `ao attach {}`",
            s.id,
            answer.outcome,
            s.generation,
            sessions::status(s),
            s.id
        ))
    })
}

async fn canonical(client: &Client, project: &str) -> Result<Option<SessionView>, Failure> {
    let target = Target::new(&["orchestrators"]).with("project", Some(project));
    let list: SessionList = client.get(&target).await?;
    Ok(list.sessions.into_iter().next())
}

fn none(project: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NotFound,
        "there is no orchestrator",
        format!("the one of project {project} has not been started"),
        "`ao orchestrator start`",
    )
}

async fn status(client: &Client, project: &str, context: &Context) -> Result<(), Failure> {
    let session = canonical(client, project).await?;
    let id = session.as_ref().map(|s| s.id.clone());
    let json = serde_json::json!({"session": session, "orchestrator": id});
    let ids: Vec<&str> = id.as_deref().into_iter().collect();
    context.out.result(&json, &ids, || match &session {
        Some(session) => {
            let rows = std::slice::from_ref(session);
            context.out.table(&sessions::table("ORCHESTRATOR", rows, 0))
        }
        None => context.out.line("not started: `ao orchestrator start`"),
    })
}
