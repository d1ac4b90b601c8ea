//! Follows a run to its end: by phase with running agents, tokens and time on a terminal, as plain
//! lines elsewhere. Woken by events; what is printed goes to standard error, beside the result.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Line, Live, neutral};
use crate::client::{Client, Deadline, Followed, Follower, Target};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::event::EventQuery;
use crate::wire::workflow::{AgentView, LineList, RunAnswer, RunView, Stop};

/// Shortest time between two pictures.
const CALM: Duration = Duration::from_millis(100);

/// Returns when the run is over. Ctrl-C ends the wait, and the run only where it `kills`.
pub async fn follow(
    client: &Client,
    id: &str,
    kills: bool,
    context: &Context,
) -> Result<(), Failure> {
    let shown = !context.out.json && !context.out.quiet;
    tokio::select! {
        done = over(client, id) => done,
        never = show(client, id), if shown => never,
        _ = tokio::signal::ctrl_c() => Err(interrupted(id, kills, context).await?.into()),
    }
}

/// What is to be said once the person has had enough.
async fn interrupted(id: &str, kills: bool, context: &Context) -> Result<ApiError, Failure> {
    if !kills {
        let hint = format!(
            "`ao workflow result {id} --wait` waits again, `ao workflow stop {id}` ends it"
        );
        let why = format!("the run {id} goes on");
        return Ok(ApiError::new(ErrorCode::Timeout, "stopped waiting", why, hint));
    }
    // The key of the launch is not that of another request.
    let client = context.client().await?;
    let target = Target::new(&["workflows", id, "stop"]);
    let _: RunAnswer = client.post(&target, &Stop::default(), Deadline::Long).await?;
    let hint = format!("`ao workflow run … --resume-from {id}` takes what it has");
    let what = format!("the run {id} was stopped");
    Ok(ApiError::new(ErrorCode::NotRunning, what, "it was interrupted", hint))
}

async fn over(client: &Client, id: &str) -> Result<(), Failure> {
    let target = Target::new(&["workflows", id, "wait"]);
    let answer: RunAnswer = client.wait(&target, None).await?;
    if answer.run.state == "interrupted" {
        let why = "the process of its script is gone; its agents work on";
        let hint = format!("`ao workflow resume {id}` goes on where it was");
        return Err(ApiError::new(
            ErrorCode::NotRunning,
            format!("the run {id} is interrupted"),
            why,
            hint,
        )
        .into());
    }
    Ok(())
}

/// Draws until it is dropped.
async fn show(client: &Client, id: &str) -> Result<(), Failure> {
    let query =
        EventQuery { kind: Some("workflow.".to_owned()), follow: true, ..EventQuery::default() };
    let mut follower = Follower::begin(client.clone(), query).await?;
    let mut board = Board::new(std::io::stderr().is_terminal());
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    loop {
        let answer: RunAnswer = client.get(&Target::new(&["workflows", id])).await?;
        let lines: LineList = client.get(&Target::new(&["workflows", id, "logs"])).await?;
        board.draw(&answer.run, &lines);
        tokio::select! {
            event = follower.next() => {
                if let Followed::Gap(_) = event? {
                    continue;
                }
                settle(&mut follower).await?;
            }
            // The time on the terminal goes on.
            _ = clock.tick(), if board.live => {}
        }
    }
}

/// Takes what follows at once along: many agents that end together are one picture.
async fn settle(follower: &mut Follower) -> Result<(), Failure> {
    let until = tokio::time::Instant::now() + CALM;
    while let Ok(event) = tokio::time::timeout_at(until, follower.next()).await {
        event?;
    }
    Ok(())
}

/// What is on the terminal.
struct Board {
    live: bool,
    picture: Live,
    lines: usize,
    known: std::collections::HashMap<u64, String>,
}

impl Board {
    fn new(live: bool) -> Self {
        Self { live, picture: Live::default(), lines: 0, known: std::collections::HashMap::new() }
    }

    fn draw(&mut self, run: &RunView, lines: &LineList) {
        let mut text = String::new();
        for line in lines.lines.iter().skip(self.lines) {
            let mark = if line.kind == "log" { "  " } else { "" };
            let kind = if matches!(line.kind.as_str(), "warn" | "drop") { "! " } else { "" };
            let head = if line.kind == "phase" { "▸ " } else { "" };
            text.push_str(&format!("{mark}{head}{kind}{}\n", neutral::one_line(&line.text)));
        }
        self.lines = lines.lines.len();
        if self.live {
            text = self.picture.draw(&text, &running(run), &sum(run));
        } else {
            for agent in &run.agents {
                let state = self.known.insert(agent.seq, agent.state.clone());
                if state.as_deref() != Some(&agent.state) {
                    text.push_str(&format!("  {} {}\n", agent.state, words(agent)));
                }
            }
        }
        // Progress is not the result: who cannot see it misses nothing else.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Running agents by phase.
fn running(run: &RunView) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut phase = None;
    for agent in run.agents.iter().filter(|agent| agent.state == "running") {
        if phase != Some(&agent.phase) {
            phase = Some(&agent.phase);
            let title = agent.phase.as_deref().unwrap_or("(no phase)");
            lines.push(Line::Head(neutral::one_line(title)));
        }
        let seconds = agent.duration_ms.unwrap_or(0) / 1000;
        lines.push(Line::Entry(format!("{} {seconds} s", words(agent))));
    }
    lines
}

fn sum(run: &RunView) -> String {
    let of = |state: &str| run.agents.iter().filter(|agent| agent.state == state).count();
    let usage = &run.usage;
    format!(
        "{}: {} of {} agents done, {} running, {} known, {} tokens, {} s",
        run.state,
        of("succeeded") + of("failed"),
        run.agents.len(),
        of("running"),
        usage.cached,
        usage.output_tokens,
        usage.duration_ms / 1000,
    )
}

fn words(agent: &AgentView) -> String {
    neutral::one_line(&agent.label)
}
