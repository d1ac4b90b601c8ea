//! `ao workflow run` and `result`.

use serde_json::{Map, Value};

use super::args::RunArgs;
use super::budget::Budget;
use super::progress;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::neutral;
use crate::cli::text_input;
use crate::client::caller;
use crate::client::{Client, Deadline, Target};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::workflow::{Launch, ResultView, RunAnswer};

/// Errors that are limits: exit code 4.
const LIMITS: [&str; 5] =
    ["TimeoutError", "MemoryLimitError", "DeadlockError", "AgentLimitError", "BudgetExceededError"];

/// Launches it and, unless told otherwise, waits for its end.
pub async fn run(args: RunArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client_with(&args.key).await?;
    let body = launch(&args, &client, context).await?;
    let answer: RunAnswer =
        client.post(&Target::new(&["workflows"]), &body, Deadline::Long).await?;
    let id = answer.run.run_id.clone();
    for notice in &answer.notices {
        context.out.notice(notice);
    }
    if args.detach {
        return context.out.result(&answer, &[&id], || context.out.line(&id));
    }
    if !context.out.json {
        context.out.line(&id)?;
        context.out.flush()?;
    }
    progress::follow(&client, &id, args.kill_on_exit, context).await?;
    tell(&client, &id, context).await
}

/// What came of a run.
pub async fn result(run: &str, wait: bool, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    if wait {
        progress::follow(&client, run, false, context).await?;
    }
    tell(&client, run, context).await
}

async fn launch(args: &RunArgs, client: &Client, context: &Context) -> Result<Launch, Failure> {
    let path = std::path::Path::new(&args.what);
    // A name is a word; what looks like a place is a file, and - is standard input.
    let is_input = args.what == "-";
    let is_file = is_input
        || args.what.contains('/')
        || args.what.ends_with(".js")
        || args.what.ends_with(".mjs");
    let script = is_file.then(|| text_input::read(path, "workflow")).transpose()?;
    Ok(Launch {
        project: context.project(client).await?,
        name: (!is_file).then(|| args.what.clone()),
        file: (is_file && !is_input).then(|| args.what.clone()),
        script,
        args: script_args(args)?,
        concurrency: args.concurrency,
        budget: args.budget.and_then(Budget::tokens),
        budget_usd: args.budget.and_then(Budget::usd),
        resume_from: args.resume_from.clone(),
        strict_prefix: args.strict_prefix,
        fresh: args.fresh,
        agent: args.agent.clone(),
        command: Some(args.command.clone()).filter(|command| !command.is_empty()),
        show: args.show,
        slice_ms: args.slice_ms,
        path: caller::path(&context.environment),
        env: caller::variables(&context.environment),
    })
}

/// JSON where it is JSON, else the text as it stands.
fn script_args(args: &RunArgs) -> Result<Option<Value>, Failure> {
    if let Some(text) = &args.args {
        return Ok(Some(serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())));
    }
    if let Some(file) = &args.args_file {
        let text = text_input::read(file, "arguments")?;
        let value = serde_json::from_str(&text).map_err(|error| {
            let file = file.display();
            Failure::usage("cannot read the arguments", format!("{file}: {error}"), "give JSON")
        });
        return value.map(Some);
    }
    let mut fields = Map::new();
    for pair in &args.arg {
        let Some((name, value)) = pair.split_once('=') else {
            let hint = "write --arg name=value";
            return Err(Failure::usage(
                "cannot read an argument",
                format!("{pair:?} has no ="),
                hint,
            ));
        };
        fields.insert(name.to_owned(), value.into());
    }
    Ok((!fields.is_empty()).then_some(Value::Object(fields)))
}

/// Prints the result; the exit code says how the run ended.
async fn tell(client: &Client, id: &str, context: &Context) -> Result<(), Failure> {
    let result: ResultView = client.get(&Target::new(&["workflows", id, "result"])).await?;
    for failure in &result.failures {
        context.out.notice(&failure.message);
    }
    context.out.result(&result, &[&result.run_id], || match &result.result {
        Some(Value::String(text)) => context.out.line(&neutral::lines(text)),
        Some(value) => context.out.json(value),
        None => Ok(()),
    })?;
    verdict(&result)
}

fn verdict(result: &ResultView) -> Result<(), Failure> {
    let id = &result.run_id;
    let hint = format!("`ao workflow logs {id}` shows what it told");
    match result.state.as_str() {
        "completed" => Ok(()),
        "cancelled" => {
            let what = format!("the run {id} was stopped");
            Err(ApiError::new(ErrorCode::NotRunning, what, "a person stopped it", hint).into())
        }
        _ => {
            let error = result.error.clone().unwrap_or_default();
            let name = error["name"].as_str().unwrap_or("Error");
            let code =
                if LIMITS.contains(&name) { ErrorCode::Limit } else { ErrorCode::WorkFailed };
            let place = error["site"].as_str().map(|site| format!(" ({site})")).unwrap_or_default();
            let words = neutral::one_line(error["message"].as_str().unwrap_or_default());
            let reason = format!("{name}: {words}{place}");
            Err(ApiError::new(code, format!("the run {id} failed"), reason, hint).into())
        }
    }
}
