//! flow_run, flow_status, flow_result.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{pages, runs};
use crate::client::{Deadline, Target, caller as surroundings};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::flow::{Launch, RunAnswer, RunList, RunView, StepView};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    name: String,
    #[serde(default)]
    args: BTreeMap<String, Value>,
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
    let answer: RunAnswer = client.post(&Target::new(&["flows"]), &body, Deadline::Long).await?;
    Ok(standing(&answer.run))
}

pub(super) async fn status(caller: Arc<Caller>, asked: runs::Status) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    if let Some(id) = &asked.run_id {
        let answer: RunAnswer = client.get(&Target::new(&["flows", id])).await?;
        return Ok(standing(&answer.run));
    }
    let project = caller.project(&client).await?;
    let list: RunList = client.get(&Target::new(&["flows"]).with("project", Some(project))).await?;
    let runs = list.runs.iter().map(|run| (&*run.run_id, &*run.flow, &*run.state));
    Ok(runs::list(runs))
}

fn standing(run: &RunView) -> Value {
    let steps = run.steps.iter().flatten();
    let step = |step: &StepView| {
        let mut told = json!({"id": step.id, "state": step.state});
        let error = step.error.as_deref().map(|error| pages::preview(error, 200));
        for (name, value) in
            [("waits_for", &step.waits_for), ("error", &error), ("note", &step.note)]
        {
            if let Some(value) = value {
                told[name] = json!(value);
            }
        }
        told
    };
    json!({
        "run_id": run.run_id,
        "name": run.flow,
        "state": run.state,
        "reason": run.reason,
        "steps": steps.map(step).collect::<Vec<_>>(),
    })
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    run_id: String,
    /// Of one step
    #[serde(default)]
    step: Option<String>,
    #[serde(default)]
    offset: usize,
}

pub(super) async fn result(caller: Arc<Caller>, asked: Outcome) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let target = Target::new(&["flows", &asked.run_id, "result"]).with("step", asked.step);
    let bytes = client.download(&target, Deadline::Long).await?;
    let mut answer = serde_json::Map::new();
    pages::put(&mut answer, "result", &String::from_utf8_lossy(&bytes), asked.offset, None);
    Ok(answer.into())
}
