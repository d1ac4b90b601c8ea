//! The run itself: supervisor, project and orchestrator, one message of the person, and then
//! nothing but following what the agents do.

use std::time::Duration;

use tokio::process::Child;
use tokio::time::Instant;

use super::panes;
use super::progress::Progress;
use super::repository;
use super::stage::Stage;
use super::summary;
use super::tally::Tally;
use crate::cli::error::Failure;
use crate::client::caller;
use crate::client::{Address, Client, Deadline, Followed, Follower, Target, ensure_running};
use crate::wire::event::EventQuery;
use crate::wire::message::{MessageAnswer, Send};
use crate::wire::orchestrator::{EnsureOrchestrator, OrchestratorAnswer};
use crate::wire::project::{AddProject, ProjectAnswer};
use crate::wire::supervisor::SupervisorView;

/// What the person asks for.
const MESSAGE: &str = include_str!("script/message.md");
/// How long all of it may take. It takes seconds; people who watch are not hurried.
const LIMIT: Duration = Duration::from_secs(90);

/// What the run is about to be shown in.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Panes were asked for.
    pub panes: bool,
    /// In this terminal.
    pub attach: bool,
    /// Everything stays, also after a failure.
    pub keep: bool,
}

/// What a run that came to its end leaves in memory.
pub struct Played {
    /// The near end of its supervisor.
    pub client: Client,
    /// What the events added up to.
    pub tally: Tally,
    /// The orchestrator's id.
    pub orchestrator: String,
}

/// Plays it to its end.
pub async fn play(stage: &Stage, view: View, progress: &mut Progress) -> Result<Played, Failure> {
    repository::make(stage).await?;
    let address = Address::new(stage.paths.clone(), &stage.environment);
    let client = ensure_running(address, &stage.environment).await?;
    let health: SupervisorView = client.get(&Target::new(&["health"])).await?;
    let pid = health.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
    progress.say(&format!("a supervisor of its own{pid} runs in {}", stage.root().display()))?;
    if view.panes {
        panes::check(&health)?;
    }
    let query = EventQuery { since: Some(0), ..EventQuery::default() };
    let follower = Follower::begin(client.clone(), query).await?;
    let project = register(&client, stage).await?;
    progress.say(&format!("the repository {} is registered", stage.repository().display()))?;
    let orchestrator = start_orchestrator(&client, stage, &project).await?;
    let attached = if view.attach {
        progress.say("here are the panes; Alt-q leaves them, Alt-o goes to the next")?;
        progress.hold();
        Some(panes::attach(&client, stage).await?)
    } else {
        None
    };
    ask(&client, &orchestrator).await?;
    let mut run =
        Run { client, stage, progress, follower, tally: Tally::default(), keep: view.keep };
    run.follow(&orchestrator, attached).await?;
    Ok(Played { client: run.client, tally: run.tally, orchestrator })
}

async fn register(client: &Client, stage: &Stage) -> Result<String, Failure> {
    let path = stage.repository().display().to_string();
    let body = AddProject { path, ..AddProject::default() };
    let added: ProjectAnswer =
        client.post(&Target::new(&["projects"]), &body, Deadline::Long).await?;
    Ok(added.project.id)
}

async fn start_orchestrator(
    client: &Client,
    stage: &Stage,
    project: &str,
) -> Result<String, Failure> {
    let body = EnsureOrchestrator {
        project: project.to_owned(),
        path: caller::path(&stage.environment),
        env: caller::variables(&stage.environment),
        ..EnsureOrchestrator::default()
    };
    let answer: OrchestratorAnswer =
        client.post(&Target::new(&["orchestrators"]), &body, Deadline::Long).await?;
    Ok(answer.session.id)
}

async fn ask(client: &Client, orchestrator: &str) -> Result<(), Failure> {
    let target = Target::new(&["sessions", orchestrator, "messages"]);
    let body = Send { text: MESSAGE.to_owned(), ..Send::default() };
    client.post::<MessageAnswer>(&target, &body, Deadline::Ordinary).await?;
    Ok(())
}

/// A run under way.
struct Run<'a> {
    client: Client,
    stage: &'a Stage,
    progress: &'a mut Progress,
    follower: Follower,
    tally: Tally,
    keep: bool,
}

impl Run<'_> {
    /// Until the run is over and the person has left the panes.
    async fn follow(
        &mut self,
        orchestrator: &str,
        mut panes: Option<Child>,
    ) -> Result<(), Failure> {
        let until = Instant::now() + LIMIT;
        let mut over = false;
        while !over || panes.is_some() {
            tokio::select! {
                followed = self.follower.next(), if !over => {
                    if let Followed::Event(event) = followed? {
                        self.tally.take(&event);
                        self.progress.tell(&event, &self.client, self.stage).await?;
                    }
                    over = self.tally.is_over(orchestrator);
                    if self.tally.failure().is_some() && panes.is_none() {
                        break;
                    }
                }
                _ = left(&mut panes) => {
                    panes = None;
                    self.progress.release()?;
                }
                () = tokio::time::sleep_until(until), if !over && panes.is_none() => break,
            }
        }
        if over {
            return Ok(());
        }
        let late = || format!("after {} s {}", LIMIT.as_secs(), self.tally.open());
        Err(summary::failure(&self.tally.failure().map_or_else(late, str::to_owned), self.keep))
    }
}

/// Until the person has left the panes; without panes for ever.
async fn left(panes: &mut Option<Child>) {
    match panes {
        // How it ended is the person's business.
        Some(child) => drop(child.wait().await),
        None => std::future::pending().await,
    }
}
