//! spawn_subagent, subagent_status, subagent_result, cancel_subagent.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agents::Policy;
use super::pages;
use crate::client::{Deadline, Target, caller as surroundings};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::session::AgentChoice;
use crate::wire::subagent::{SpawnSubagent, SubagentAnswer, SubagentList, SubagentView};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spawn {
    /// The task, complete: it knows nothing else
    prompt: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    model: Option<String>,
    /// What it is to be, from .ao/agents
    #[serde(default)]
    agent_type: Option<String>,
    /// A JSON Schema for its result
    #[serde(default)]
    schema: Option<Value>,
    /// How you are told of its end
    #[serde(default)]
    deliver: Option<Policy>,
    /// A worktree of its own, instead of yours
    #[serde(default)]
    own_worktree: bool,
    /// It goes on when you end
    #[serde(default)]
    stays: bool,
    #[serde(default)]
    max_tool_calls: Option<u32>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn spawn(caller: Arc<Caller>, asked: Spawn) -> Result<Value, ToolError> {
    if asked.prompt.trim().is_empty() {
        return Err(ToolError::usage("prompt: it is empty; next: say what is to be done"));
    }
    let client = caller.client_with(asked.idempotency_key).await?;
    let body = SpawnSubagent {
        project: caller.project(&client).await?,
        choice: AgentChoice { agent: asked.agent, model: asked.model, ..AgentChoice::default() },
        agent_type: asked.agent_type,
        prompt: asked.prompt,
        title: asked.title,
        schema: asked.schema,
        deliver: asked.deliver.map(Policy::wire),
        stays: asked.stays,
        own_worktree: asked.own_worktree,
        max_tool_calls: asked.max_tool_calls,
        timeout_ms: None,
        path: surroundings::path(&caller.environment),
        env: surroundings::variables(&caller.environment),
    };
    let target = Target::new(&["subagents"]);
    let answer: SubagentAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    Ok(json!({"subagent_id": answer.subagent.id, "state": answer.subagent.state}))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    #[serde(default)]
    subagent_id: Option<String>,
}

pub(super) async fn status(caller: Arc<Caller>, asked: Status) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let mut has_older = false;
    let subagents = match &asked.subagent_id {
        Some(id) => {
            let answer: SubagentAnswer = client.get(&Target::new(&["subagents", id])).await?;
            vec![answer.subagent]
        }
        None => {
            let list: SubagentList = client.get(&Target::new(&["subagents"])).await?;
            has_older = list.next_before.is_some();
            list.subagents
        }
    };
    let mut value = json!({"subagents": subagents.iter().map(line).collect::<Vec<Value>>()});
    if has_older {
        value["left_out"] = "older ones that are over: name one by its id".into();
    }
    Ok(value)
}

fn line(subagent: &SubagentView) -> Value {
    let mut value = json!({
        "subagent_id": subagent.id,
        "state": subagent.state,
        "elapsed_s": subagent.elapsed_s,
        "tool_calls": subagent.tool_calls,
    });
    if let Some(title) = &subagent.title {
        value["title"] = title.as_str().into();
    }
    if let Some(reason) = &subagent.reason {
        value["error"] = pages::preview(reason, 500).into();
    }
    value
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    subagent_id: String,
    /// In characters
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    limit: Option<usize>,
}

pub(super) async fn result(caller: Arc<Caller>, asked: Outcome) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let id = asked.subagent_id.as_str();
    let answer: SubagentAnswer = client.get(&Target::new(&["subagents", id])).await?;
    let mut value = line(&answer.subagent);
    if answer.subagent.result.is_some()
        && let Some(object) = value.as_object_mut()
    {
        let target = Target::new(&["subagents", id, "result"]);
        let bytes = client.download(&target, Deadline::Long).await?;
        let text = String::from_utf8_lossy(&bytes);
        pages::put(object, "result", &text, asked.offset, asked.limit);
    }
    Ok(value)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancel {
    subagent_id: String,
}

pub(super) async fn cancel(caller: Arc<Caller>, asked: Cancel) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    let target = Target::new(&["subagents", &asked.subagent_id, "cancel"]);
    let answer: SubagentAnswer = client.post(&target, &json!({}), Deadline::Long).await?;
    Ok(line(&answer.subagent))
}
