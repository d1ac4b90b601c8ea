//! `ao start`: supervisor, project and orchestrator, each made only where it is missing.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::agent_args::AgentArgs;
use crate::cli::args::Key;
use crate::cli::commands::status;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::sessions::fields;
use crate::client::caller;
use crate::client::{Client, Deadline, Target};
use crate::wire::error::ErrorCode;
use crate::wire::orchestrator::{EnsureOrchestrator, OrchestratorAnswer};
use crate::wire::project::{
    AddProject, ProjectAnswer, ProjectView, RestoreLost, RestoreLostAnswer,
};
use crate::wire::session::SessionView;
use crate::wire::supervisor::SupervisorView;

/// Start the supervisor, register the repository, ensure its orchestrator
///
/// Run twice, it changes nothing. If the agent is not installed everything else is done and the
/// exit code is 9.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// The repository, or a folder in it [default: the current folder]
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::DirPath)]
    pub path: Option<PathBuf>,
    /// Bring back the sessions that were lost, with a reboot say; none that somebody ended
    #[arg(long)]
    pub restore: bool,
    /// Do not start the orchestrator
    #[arg(long)]
    pub no_orchestrator: bool,
    #[command(flatten)]
    pub agent: AgentArgs,
    #[command(flatten)]
    pub key: Key,
}

/// The shape of `ao start --json`.
#[derive(Debug, Serialize)]
struct Started {
    supervisor: SupervisorView,
    project: ProjectView,
    created: bool,
    session: Option<SessionView>,
    orchestrator: Option<String>,
    outcome: Option<String>,
    restored: Vec<String>,
    notices: Vec<String>,
}

/// Does it.
pub async fn run(args: StartArgs, context: &Context) -> Result<(), Failure> {
    let path = absolute(args.path.clone())?;
    let client = context.client().await?;
    let keyed = client.clone().with_key(args.key.idempotency_key.clone());
    let body = AddProject { path, ensure: true, ..AddProject::default() };
    let added: ProjectAnswer =
        client.post(&Target::new(&["projects"]), &body, Deadline::Long).await?;
    let mut notices = added.notices;
    let back = match args.restore {
        true => restore_lost(&keyed, &added.project.id, context).await?,
        false => RestoreLostAnswer::default(),
    };
    notices.extend(
        back.left.iter().map(|left| format!("{} stays lost: {}", left.session, left.reason)),
    );
    let (orchestrator, failure) = if args.no_orchestrator {
        (None, None)
    } else {
        match ensure(&keyed, &added.project.id, args.agent, context).await {
            Ok(answer) => (Some(answer), None),
            // Everything else is done and is shown; the exit code tells the rest.
            Err(failure) if failure.code() == Some(ErrorCode::AgentMissing) => {
                (None, Some(failure))
            }
            Err(failure) => return Err(failure),
        }
    };
    let supervisor: SupervisorView = client.get(&Target::new(&["health"])).await?;
    notices.extend(orchestrator.iter().flat_map(|answer| answer.notices.clone()));
    let id = orchestrator.as_ref().map(|answer| answer.session.id.clone());
    let started = Started {
        supervisor,
        orchestrator: id.or_else(|| added.project.orchestrator.clone()),
        outcome: orchestrator.as_ref().map(|answer| answer.outcome.clone()),
        session: orchestrator.map(|answer| answer.session),
        project: added.project,
        created: added.created,
        restored: back.restored,
        notices,
    };
    print(&started, context)?;
    failure.map_or(Ok(()), Err)
}

async fn restore_lost(
    client: &Client,
    project: &str,
    context: &Context,
) -> Result<RestoreLostAnswer, Failure> {
    let body = RestoreLost {
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    };
    let target = Target::new(&["projects", project, "restore-lost"]);
    Ok(client.post(&target, &body, Deadline::SetUp).await?)
}

/// The path as text for the supervisor, whose current folder is another.
pub fn absolute(path: Option<PathBuf>) -> Result<String, Failure> {
    let path = std::path::absolute(path.unwrap_or_else(|| ".".into()))
        .map_err(|e| Failure::system("cannot tell the current folder", &e, "name the path"))?;
    path.into_os_string().into_string().map_err(|path| {
        Failure::usage(
            "the path cannot be used",
            format!("{} is not UTF-8", path.to_string_lossy()),
            "rename the folder",
        )
    })
}

async fn ensure(
    client: &Client,
    project: &str,
    agent: AgentArgs,
    context: &Context,
) -> Result<OrchestratorAnswer, Failure> {
    let body = EnsureOrchestrator {
        project: project.to_owned(),
        choice: agent.into(),
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
        ..EnsureOrchestrator::default()
    };
    Ok(client.post(&Target::new(&["orchestrators"]), &body, Deadline::SetUp).await?)
}

fn print(started: &Started, context: &Context) -> Result<(), Failure> {
    let out = &context.out;
    let ids: Vec<&str> = started.orchestrator.as_deref().into_iter().collect();
    out.result(started, &ids, || {
        for notice in &started.notices {
            out.notice(notice);
        }
        let registered = if started.created { ", registered now" } else { "" };
        let mut rows = vec![
            ("supervisor", status::supervisor_line(&started.supervisor)),
            ("project", format!("{} ({}){registered}", started.project.id, started.project.path)),
        ];
        if !started.restored.is_empty() {
            rows.push(("restored", started.restored.join(" ")));
        }
        if let Some(session) = &started.session {
            let outcome = started.outcome.as_deref().unwrap_or("started");
            rows.push(("orchestrator", format!("{} ({outcome})", session.id)));
            rows.push(("worktree", session.worktree.clone()));
            rows.push(("attach", format!("ao attach {}", session.id)));
        }
        if started
            .supervisor
            .zellij
            .as_ref()
            .is_some_and(|z| z.starts_with(|c: char| c.is_ascii_digit()))
        {
            rows.push(("panes", format!("ao zellij {}", started.project.id)));
        }
        fields(out, &rows)
    })
}
