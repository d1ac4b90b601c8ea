//! `ao flow run --dry-run`: a rehearsal without agents and programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::{Table, neutral};
use crate::model::flow::{Flow, Happening, Rehearsal, StepResult, Verdict, Work, rehearse};
use crate::wire::error::{ApiError, ErrorCode};

/// Tells what would be asked of whom, in which order, and what would come of it.
pub fn run(
    flow: &Flow,
    bound: &BTreeMap<String, Value>,
    file: Option<&Path>,
    context: &Context,
) -> Result<(), Failure> {
    let stubs = file.map(stubs).transpose()?.unwrap_or_default();
    if let Some(id) = stubs.keys().find(|id| flow.step(id).is_none()) {
        let reason = format!("{} has no step {id:?}", flow.name);
        return Err(Failure::usage("a stub is for no step", reason, "`ao flow graph` shows them"));
    }
    let played = rehearse(flow, bound, |work| answer(work, stubs.get(&work.step.id)));
    let states: serde_json::Map<String, Value> =
        played.runs.iter().map(|(id, run)| (id.clone(), run.state.as_str().into())).collect();
    let view = json!({
        "flow": flow.name,
        "verdict": word(played.verdict),
        "steps": states,
        "happenings": played.happenings.iter().map(happening).collect::<Vec<_>>(),
        "results": played.results.iter().map(|(id, result)| (id.clone(), result.value()))
            .collect::<serde_json::Map<String, Value>>(),
    });
    context.out.result(&view, &[&flow.name], || tell(&played, context))?;
    if played.verdict == Verdict::Completed {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::WorkFailed,
        format!("{} would not be completed", flow.name),
        format!("it would be {}", word(played.verdict).replace('_', " ")),
        "see above which step it is",
    )
    .into())
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Running => "running",
        Verdict::WaitingGate => "waiting_gate",
        Verdict::Completed => "completed",
        Verdict::Failed => "failed",
        Verdict::Cancelled => "cancelled",
    }
}

fn stubs(file: &Path) -> Result<BTreeMap<String, Value>, Failure> {
    let read = fs::read_to_string(file).map_err(|error| error.to_string());
    let stubs = read.and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string()));
    stubs.map_err(|reason| {
        let hint = "a JSON object: {\"STEP\": RESULT}";
        Failure::usage(format!("cannot read the stubs in {}", file.display()), reason, hint)
    })
}

/// What the stub says, or a text that names the step.
fn answer(work: &Work<'_>, stub: Option<&Value>) -> Result<StepResult, String> {
    let Some(stub) = stub else {
        return Ok(StepResult::of_text(format!("(result of {})", work.step.id)));
    };
    let Some(why) = stub.get("fail").and_then(Value::as_str) else {
        return Ok(StepResult::of_json(stub.clone()));
    };
    let times = stub.get("times").and_then(Value::as_u64).unwrap_or(u64::MAX);
    if u64::from(work.attempt) <= times {
        return Err(why.to_owned());
    }
    let result = stub.get("result").cloned().unwrap_or(Value::Null);
    Ok(StepResult::of_json(result))
}

fn happening(happening: &Happening) -> Value {
    match happening {
        Happening::Attempt { step, attempt, index, input, outcome } => json!({
            "step": step, "attempt": attempt, "index": index, "input": input,
            "result": outcome.as_ref().ok().map(StepResult::value),
            "error": outcome.as_ref().err(),
        }),
        Happening::Settled { step, state } => json!({ "step": step, "state": state.as_str() }),
    }
}

fn tell(played: &Rehearsal, context: &Context) -> Result<(), Failure> {
    let mut table = Table::new(&["STEP", "ATTEMPT", "ASKED", "CAME TO"]);
    for happening in &played.happenings {
        match happening {
            Happening::Attempt { step, attempt, index, input, outcome } => {
                let name = match index {
                    Some(index) => format!("{step}[{index}]"),
                    None => step.clone(),
                };
                let came = match outcome {
                    Ok(result) => result.text.clone(),
                    Err(why) => format!("failed: {why}"),
                };
                table.row(&[&name, &attempt.to_string(), &input.join(" "), &came]);
            }
            Happening::Settled { step, state } => {
                table.row(&[step, "", "", &state.as_str().replace('_', " ")]);
            }
        }
    }
    context.out.table(&table)?;
    context.out.line(&neutral::one_line(&word(played.verdict).replace('_', " ")))
}
