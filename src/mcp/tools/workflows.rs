//! workflow_run, workflow_status, workflow_result.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{pages, runs};
use crate::client::{Deadline, Target, caller as surroundings};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::workflow::{Launch, ResultView, RunAnswer, RunList, RunView};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    name: String,
    /// Any JSON
    #[serde(default)]
    args: Option<Value>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn run(caller: Arc<Caller>, asked: Run) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    let body = Launch {
        project: caller.project(&client).await?,
        name: Some(asked.name),
        args: asked.args,
        path: surroundings::path(&caller.environment),
        env: surroundings::variables(&caller.environment),
        ..Launch::default()
    };
    let answer: RunAnswer =
        client.post(&Target::new(&["workflows"]), &body, Deadline::Long).await?;
    let mut value = standing(&answer.run);
    if !answer.notices.is_empty() {
        value["notices"] = json!(answer.notices);
    }
    Ok(value)
}

pub(super) async fn status(caller: Arc<Caller>, asked: runs::Status) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    if let Some(id) = &asked.run_id {
        let answer: RunAnswer = client.get(&Target::new(&["workflows", id])).await?;
        return Ok(standing(&answer.run));
    }
    let project = caller.project(&client).await?;
    let target = Target::new(&["workflows"]).with("project", Some(project));
    let list: RunList = client.get(&target).await?;
    let runs = list.runs.iter().map(|run| (&*run.run_id, &*run.name, &*run.state));
    Ok(runs::list(runs))
}

fn standing(run: &RunView) -> Value {
    let count = |state: &str| run.agents.iter().filter(|agent| agent.state == state).count();
    json!({
        "run_id": run.run_id,
        "name": run.name,
        "state": run.state,
        "phase": run.phases.last(),
        "agents": {
            "asked_for": run.agents.len(),
            "running": count("running"),
            "succeeded": count("succeeded") + count("cached"),
            "failed": count("failed"),
        },
        "output_tokens": run.usage.output_tokens,
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    run_id: String,
    #[serde(default)]
    offset: usize,
}

pub(super) async fn result(caller: Arc<Caller>, asked: Outcome) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let target = Target::new(&["workflows", &asked.run_id, "result"]);
    let view: ResultView = client.get_within(&target, Deadline::Long).await?;
    let mut value =
        json!({"run_id": view.run_id, "state": view.state, "failures": view.failures.len()});
    if let Some(error) = &view.error {
        value["error"] = error.clone();
    }
    if let (Some(result), Some(answer)) = (&view.result, value.as_object_mut()) {
        let text = match result {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        pages::put(answer, "result", &text, asked.offset, None);
    }
    Ok(value)
}
