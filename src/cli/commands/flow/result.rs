//! `ao flow result`: what came of a run, whole.

use clap::Args;
use serde_json::{Value, json};

use super::progress;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::client::{Client, Deadline, Target};
use crate::model::flow::{Budget, Spent};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::flow::{RunAnswer, RunView, StepView};

/// Print what came of a run: the result of its last step, or of several as one JSON object
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// The run
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The result of this step, as it is
    #[arg(value_name = "STEP")]
    pub step: Option<String>,
    /// Wait until the run is over
    #[arg(long)]
    pub wait: bool,
}

/// Does it.
pub async fn run(args: &ResultArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    if args.wait {
        progress::follow(&client, &args.run, context).await?;
    }
    tell(&client, &args.run, args.step.as_deref(), context).await
}

/// Prints the result; the exit code says how the run ended.
pub async fn tell(
    client: &Client,
    id: &str,
    step: Option<&str>,
    context: &Context,
) -> Result<(), Failure> {
    let answer: RunAnswer = client.get(&Target::new(&["flows", id])).await?;
    let run = answer.run;
    let is_there = step.is_some() || run.state == "completed";
    let mut bytes = Vec::new();
    if is_there {
        let target = Target::new(&["flows", id, "result"]).with("step", step);
        bytes = client.download(&target, Deadline::Long).await?.to_vec();
    }
    let text = String::from_utf8_lossy(&bytes);
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| text.as_ref().into());
    let states: serde_json::Map<String, Value> =
        steps(&run).map(|step| (step.id.clone(), step.state.clone().into())).collect();
    let failures: Vec<_> = steps(&run)
        .filter(|step| step.state == "failed")
        .map(|step| json!({ "step": step.id, "error": step.error }))
        .collect();
    let view = json!({
        "run_id": run.run_id, "flow": run.flow, "state": run.state, "reason": run.reason,
        "step": step, "result": is_there.then_some(value), "bytes": bytes.len(),
        "steps": states, "failures": failures, "budget": run.budget,
    });
    context.out.result(&view, &[&run.run_id], || {
        if !is_there {
            return Ok(());
        }
        if context.out.terminal {
            return context.out.line(neutral::lines(&text).trim_end());
        }
        context.out.bytes(&bytes)
    })?;
    if step.is_some() { Ok(()) } else { verdict(&run) }
}

fn steps(run: &RunView) -> impl Iterator<Item = &StepView> {
    run.steps.iter().flatten()
}

/// The options that raise what is used up.
fn raise(run: &RunView) -> String {
    let used = &run.budget;
    // What a newer supervisor says in another way is answered in its own words.
    let budget: Budget = serde_json::from_value(used.limits.clone()).unwrap_or_default();
    let spent = Spent { tokens: used.tokens, money: used.money, agents: used.agents };
    budget.raise(&spent, run.duration_ms)
}

/// The exit code of a run.
pub fn verdict(run: &RunView) -> Result<(), Failure> {
    let id = &run.run_id;
    let reason = || run.reason.clone().unwrap_or_default();
    let (code, what, why, hint) = match run.state.as_str() {
        "completed" => return Ok(()),
        "failed" => {
            let first = steps(run).find(|step| step.state == "failed");
            let why = first.map_or_else(String::new, |step| {
                let error = step.error.as_deref().unwrap_or_default();
                neutral::one_line(&format!("step {}: {error}", step.id))
            });
            let again = first.map_or("STEP", |step| step.id.as_str());
            let hint =
                format!("`ao flow retry {id} {again}` has it done again, with all behind it");
            (ErrorCode::WorkFailed, "failed", why, hint)
        }
        "cancelled" => {
            let hint = format!("`ao flow show {id}` shows what was done");
            (ErrorCode::NotRunning, "was cancelled", "a person did not want it".to_owned(), hint)
        }
        "paused" if reason().contains("budget") => {
            let hint = format!("raise it and go on: ao flow resume {id} {}", raise(run));
            (ErrorCode::Limit, "is paused", reason(), hint)
        }
        "paused" => {
            let hint = format!("see to it, then: ao flow resume {id}");
            (ErrorCode::Program, "is paused", reason(), hint)
        }
        state => {
            let hint = format!("wait for it: ao flow result {id} --wait");
            let why = format!("it is {}", state.replace('_', " "));
            (ErrorCode::NotRunning, "has no result yet", why, hint)
        }
    };
    Err(ApiError::new(code, format!("the run {id} {what}"), why, hint).into())
}
