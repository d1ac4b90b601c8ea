//! Follows a run to its end: bars on a terminal, plain lines elsewhere. Woken by events; what is
//! printed goes to standard error, beside the result.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::result;
use super::show::waiting;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Line, Live, neutral};
use crate::client::{Client, Followed, Follower, Target};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::event::EventQuery;
use crate::wire::flow::{RunAnswer, RunView, StepView};

/// Width of the bar.
const BAR: usize = 30;
/// Between two looks at a run in which much happens.
const PAUSE: Duration = Duration::from_millis(150);

/// Returns when the run is over. Ctrl-C ends the wait, not the run.
pub async fn follow(client: &Client, id: &str, context: &Context) -> Result<(), Failure> {
    let shown = !context.out.json && !context.out.quiet;
    let mut board = Board::new(std::io::stderr().is_terminal());
    let answer = tokio::select! {
        answer = over(client, id) => answer?,
        never = show(client, id, &mut board), if shown => return never,
        _ = tokio::signal::ctrl_c() => return Err(ApiError::new(
            ErrorCode::Timeout,
            "stopped waiting",
            format!("the run {id} goes on"),
            format!("`ao flow result {id} --wait` waits again, `ao flow cancel {id}` ends it"),
        )
        .into()),
    };
    if shown {
        board.draw(&answer.run);
    }
    if answer.run.state == "paused" { result::verdict(&answer.run) } else { Ok(()) }
}

async fn over(client: &Client, id: &str) -> Result<RunAnswer, Failure> {
    let target = Target::new(&["flows", id, "wait"]);
    Ok(client.wait(&target, None).await?)
}

/// Draws until it is dropped.
async fn show(client: &Client, id: &str, board: &mut Board) -> Result<(), Failure> {
    let query =
        EventQuery { kind: Some("flow.".to_owned()), follow: true, ..EventQuery::default() };
    let mut follower = Follower::begin(client.clone(), query).await?;
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    loop {
        let answer: RunAnswer = client.get(&Target::new(&["flows", id])).await?;
        board.draw(&answer.run);
        tokio::select! {
            event = follower.next() => {
                if let Followed::Gap(_) = event? {
                    continue;
                }
                // What else happens at the same time is seen by the same look.
                tokio::time::sleep(PAUSE).await;
            }
            // The time on the terminal goes on.
            _ = clock.tick(), if board.live => {}
        }
    }
}

/// What is on the terminal.
struct Board {
    live: bool,
    picture: Live,
    known: HashMap<String, String>,
}

impl Board {
    fn new(live: bool) -> Self {
        Self { live, picture: Live::default(), known: HashMap::new() }
    }

    fn draw(&mut self, run: &RunView) {
        let mut text = String::new();
        if self.live {
            text = self.picture.draw("", &under_way(run), &sum(run));
        } else {
            for step in run.steps.iter().flatten() {
                let now = line(run, step);
                let before = self.known.insert(step.id.clone(), now.clone());
                if before.as_ref() != Some(&now) && step.state != "pending" {
                    text.push_str(&format!("{now}\n"));
                }
            }
        }
        // Progress is not the result: who cannot see it misses nothing else.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// A step in a line, without the time, which changes by itself.
fn line(run: &RunView, step: &StepView) -> String {
    let word = step.state.replace('_', " ");
    let attempt =
        if step.attempt > 1 { format!(" (attempt {})", step.attempt) } else { String::new() };
    let more = match step.state.as_str() {
        "waiting_gate" => {
            let asks = step.note.as_deref().map(|asks| format!("{asks}: ")).unwrap_or_default();
            format!(": {asks}ao flow approve {} {}", run.run_id, step.id)
        }
        "queued" => format!(": {}", step.waits_for.as_deref().unwrap_or_default()),
        "failed" => format!(": {}", step.error.as_deref().unwrap_or_default()),
        _ => waiting(step).map(|words| format!(": {words}")).unwrap_or_default(),
    };
    neutral::one_line(&format!("{} {word}{attempt}{more}", name(step)))
}

fn name(step: &StepView) -> String {
    step.label.as_ref().map_or_else(|| step.id.clone(), |label| format!("{} {label}", step.id))
}

/// Steps that are not pending any more, and not over.
fn open(run: &RunView) -> impl Iterator<Item = &StepView> {
    let states = ["running", "queued", "waiting_gate"];
    run.steps.iter().flatten().filter(move |step| states.contains(&step.state.as_str()))
}

fn under_way(run: &RunView) -> Vec<Line> {
    let entry = |step: &StepView| {
        let seconds = step.duration_ms.unwrap_or(0) / 1000;
        Line::Entry(format!("{} {seconds} s", line(run, step)))
    };
    open(run).map(entry).collect()
}

/// How far the whole is.
fn sum(run: &RunView) -> String {
    let steps: Vec<&StepView> = run.steps.iter().flatten().collect();
    let begun = steps.iter().filter(|step| step.state != "pending").count();
    let over = begun - open(run).count();
    let failed = steps.iter().filter(|step| step.state == "failed").count();
    let reason = run.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    neutral::one_line(&format!(
        "{} {} {over}/{}{} {}{reason}, {} agents, {} tokens, {} s",
        run.flow,
        bar(over, steps.len()),
        steps.len(),
        if failed > 0 { format!(" ({failed} failed)") } else { String::new() },
        run.state.replace('_', " "),
        run.budget.agents,
        run.budget.tokens,
        run.duration_ms / 1000,
    ))
}

fn bar(done: usize, all: usize) -> String {
    let full = (done * BAR).checked_div(all).unwrap_or(BAR);
    format!("[{}{}]", "#".repeat(full), "-".repeat(BAR - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_any_other() {
        for (done, all) in [(0, 0), (0, 3), (1, 3), (3, 3), (999, 1000)] {
            assert_eq!(bar(done, all).len(), BAR + 2, "{done} of {all}");
        }
        assert!(bar(1, 3).starts_with("[##########-"));
    }
}
