//! tasks, task_add, task_step: the project's board.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pages;
use crate::client::{Deadline, Target};
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::wire::task::{
    AddTask, ArtifactAnswer, StepTask, TaskAnswer, TaskDetail, TaskList, TaskView,
};

/// Tasks in one answer.
const MOST: &str = "100";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tasks {
    #[serde(default)]
    task_id: Option<String>,
    /// Only those that can be claimed
    #[serde(default)]
    ready: bool,
    /// pending, running, done, failed, cancelled
    #[serde(default)]
    state: Option<String>,
    /// The next page: its next_after
    #[serde(default)]
    after: Option<String>,
    /// Of a task's result, in characters
    #[serde(default)]
    offset: usize,
}

pub(super) async fn tasks(caller: Arc<Caller>, asked: Tasks) -> Result<Value, ToolError> {
    let client = caller.client().await?;
    if let Some(id) = &asked.task_id {
        let detail: TaskDetail = client.get(&Target::new(&["tasks", id])).await?;
        let mut value = json!({"task": detail.task});
        if detail.task.result.is_some()
            && let Some(answer) = value.as_object_mut()
        {
            let target = Target::new(&["tasks", id, "result"]);
            let bytes = client.download(&target, Deadline::Long).await?;
            let text = String::from_utf8_lossy(&bytes);
            pages::put(answer, "result", &text, asked.offset, None);
        }
        return Ok(value);
    }
    let project = caller.project(&client).await?;
    let target = Target::new(&["tasks"])
        .with("project", Some(project))
        .with("state", asked.state)
        .with("after", asked.after)
        .with("limit", Some(MOST))
        .flag("ready", asked.ready);
    let list: TaskList = client.get(&target).await?;
    let tasks: Vec<Value> = list.tasks.iter().map(line).collect();
    let mut value = json!({"tasks": tasks});
    if let Some(after) = list.next_after {
        value["next_after"] = json!(after);
    }
    Ok(value)
}

fn line(task: &TaskView) -> Value {
    let mut value = json!({
        "task_id": task.id,
        "subject": task.subject,
        "state": task.state,
        "version": task.version,
    });
    for (name, ids) in [("waits_for", &task.waits_for), ("unreachable_by", &task.unreachable_by)] {
        if !ids.is_empty() {
            value[name] = json!(ids);
        }
    }
    if let Some(owner) = &task.owner {
        value["owner"] = owner.as_str().into();
    }
    value
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    /// In a line
    subject: String,
    /// In full
    #[serde(default)]
    body: Option<String>,
    /// Tasks to be done first
    #[serde(default)]
    depends_on: Vec<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn add(caller: Arc<Caller>, asked: Add) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    let depends_on = asked.depends_on.iter().map(|id| {
        let parsed = serde_json::from_value(id.as_str().into());
        parsed.map_err(|_| ToolError::usage(format!("depends_on: {id:?} is no task; next: tasks")))
    });
    let body = AddTask {
        project: caller.project(&client).await?,
        subject: asked.subject,
        body: asked.body.unwrap_or_default(),
        depends_on: depends_on.collect::<Result<_, _>>()?,
        ..AddTask::default()
    };
    let answer: TaskAnswer =
        client.post(&Target::new(&["tasks"]), &body, Deadline::Ordinary).await?;
    Ok(line(&answer.task))
}

/// What to do with a task.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Action {
    Claim,
    Done,
    Fail,
    Release,
    Cancel,
}

impl Action {
    fn wire(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Done => "done",
            Self::Fail => "fail",
            Self::Release => "release",
            Self::Cancel => "cancel",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    task_id: String,
    action: Action,
    /// The version you saw
    expect_version: u32,
    /// Of a task that is done: all of it
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    idempotency_key: Option<String>,
}

pub(super) async fn step(caller: Arc<Caller>, asked: Step) -> Result<Value, ToolError> {
    let client = caller.client_with(asked.idempotency_key).await?;
    let result = match asked.result {
        None => None,
        Some(text) => {
            let target = Target::new(&["artifacts"]);
            let kept: ArtifactAnswer =
                client.upload(&target, text.into_bytes(), Deadline::Long).await?;
            Some(kept.artifact.sha256)
        }
    };
    let body = StepTask {
        expect_version: Some(asked.expect_version),
        result,
        note: asked.note,
        ..StepTask::default()
    };
    let target = Target::new(&["tasks", &asked.task_id, asked.action.wire()]);
    let answer: TaskAnswer = client.post(&target, &body, Deadline::Ordinary).await?;
    let mut value = line(&answer.task);
    if !answer.ready.is_empty() {
        value["now_ready"] = json!(answer.ready);
    }
    Ok(value)
}
