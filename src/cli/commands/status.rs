//! `ao status`, also without a command: projects, their orchestrators, their workers.

use std::io::Write;
use std::time::{Duration, Instant};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Printer, neutral, sessions};
use crate::client::{Client, ClientError, Follower, Target};
use crate::wire::event::EventQuery;
use crate::wire::supervisor::{ProjectStatus, StatusView, SupervisorView};

/// Several events at once are one change of the picture.
const COALESCE: Duration = Duration::from_millis(100);

/// Show projects, orchestrators and workers, each with its state and where that comes from
///
/// Works without a supervisor, says so, and starts none.
#[derive(Debug, Default, Args)]
pub struct StatusArgs {
    /// Draw again whenever something changes
    #[arg(long)]
    pub watch: bool,
}

/// Does it.
pub async fn run(args: &StatusArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_of_running()?;
    if args.watch {
        return watch(&client, context).await;
    }
    print(&status(&client, context).await?, 0, context)
}

async fn status(client: &Client, context: &Context) -> Result<StatusView, Failure> {
    let mut status = match client.get(&Target::new(&["status"])).await {
        Ok(status) => status,
        Err(ClientError::NotRunning { .. }) => offline(client),
        Err(error) => return Err(error.into()),
    };
    if let Some(project) = &context.global.project {
        status.projects.retain(|p: &ProjectStatus| p.project.id == *project);
    }
    Ok(status)
}

/// What can be said when no supervisor runs.
fn offline(client: &Client) -> StatusView {
    let paths = &client.address().paths;
    let supervisor = SupervisorView {
        pid: None,
        version: None,
        protocol: None,
        data_dir: paths.data().display().to_string(),
        socket: paths.socket().display().to_string(),
        ready: false,
        taking_over: None,
        started_at: None,
        zellij: None,
    };
    StatusView { supervisor, projects: Vec::new(), warnings: Vec::new() }
}

/// Draws at each event, and once a second with older ages; nothing is asked in between.
async fn watch(client: &Client, context: &Context) -> Result<(), Failure> {
    let mut follower = Follower::begin(client.clone(), EventQuery::default()).await?;
    loop {
        let view = status(client, context).await?;
        let made = Instant::now();
        loop {
            draw(&view, made.elapsed().as_secs(), context)?;
            match tokio::time::timeout(Duration::from_secs(1), follower.next()).await {
                Ok(event) => {
                    event?;
                    break;
                }
                // As JSON nothing gets older.
                Err(_) if context.out.json || !context.out.terminal => {
                    follower.next().await?;
                    break;
                }
                Err(_) => {}
            }
        }
        while let Ok(event) = tokio::time::timeout(COALESCE, follower.next()).await {
            event?;
        }
    }
}

fn draw(view: &StatusView, elapsed_s: u64, context: &Context) -> Result<(), Failure> {
    if context.out.terminal && !context.out.json {
        // Home, and clear to the end: no flicker of a cleared screen.
        context.out.text("\x1b[H\x1b[J")?;
    }
    print(view, elapsed_s, context)?;
    std::io::stdout().flush().map_err(|e| Failure::of_output(&e))
}

fn print(status: &StatusView, elapsed_s: u64, context: &Context) -> Result<(), Failure> {
    let out = &context.out;
    let sessions =
        status.projects.iter().flat_map(|p| p.orchestrator_session.iter().chain(&p.workers));
    let ids: Vec<&str> = sessions.map(|s| s.id.as_str()).collect();
    out.result(status, &ids, || {
        out.line(&format!("supervisor  {}", supervisor_line(&status.supervisor)))?;
        for warning in &status.warnings {
            out.line(&format!("! {}", neutral::one_line(warning)))?;
        }
        if status.supervisor.pid.is_some() && status.projects.is_empty() {
            out.line("no project is registered: `ao start` in a repository registers it")?;
        }
        status.projects.iter().try_for_each(|project| one(out, project, elapsed_s))
    })
}

/// The supervisor in a line.
pub fn supervisor_line(s: &SupervisorView) -> String {
    let Some(pid) = s.pid else {
        return format!(
            "not running (data in {}); `ao start` starts it",
            neutral::one_line(&s.data_dir)
        );
    };
    let version = s.version.as_deref().unwrap_or("unknown");
    let ready = match s.taking_over {
        Some(p) => &format!("taking over sessions ({} of {})", p.done, p.total),
        None if s.ready => "running",
        None => "starting",
    };
    let panes = match s.zellij.as_deref() {
        Some(zellij) if zellij.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("zellij {zellij}")
        }
        // The supervisor's own words: why there are no panes.
        Some(why) => why.to_owned(),
        None => "no panes".to_owned(),
    };
    format!("{ready}, pid {pid}, ao {version}, {}", neutral::one_line(&panes))
}

fn one(out: &Printer, project: &ProjectStatus, elapsed_s: u64) -> Result<(), Failure> {
    let p = &project.project;
    let path = neutral::one_line(&p.path);
    out.line(&format!("\nproject {}  {path}  {}", p.id, neutral::one_line(&p.default_branch)))?;
    match &project.orchestrator_session {
        Some(session) => {
            out.table(&sessions::table("ORCHESTRATOR", std::slice::from_ref(session), elapsed_s))?;
        }
        None => out.line("no orchestrator: `ao start` starts it")?,
    }
    if project.workers.is_empty() {
        out.line("no workers: `ao spawn PROMPT` starts one")?;
    } else {
        out.table(&sessions::table("WORKER", &project.workers, elapsed_s))?;
    }
    project.warnings.iter().try_for_each(|w| out.line(&format!("! {}", neutral::one_line(w))))
}
