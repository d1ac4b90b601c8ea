//! Tasks of the board.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::board::TaskId;

/// A task.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TaskView {
    /// `t-<n>`.
    pub id: TaskId,
    /// Its project.
    pub project: String,
    /// What it is, in a line.
    pub subject: String,
    /// What it is, in full.
    pub body: String,
    /// `pending`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Names the task as it is now: every change has to name it.
    pub version: u32,
    /// It can be claimed.
    pub ready: bool,
    /// Every task that has to be done before it.
    pub depends_on: Vec<TaskId>,
    /// Those of them that are not done, while it is pending.
    pub waits_for: Vec<TaskId>,
    /// Those of them that will never be done, while it is pending.
    pub unreachable_by: Vec<TaskId>,
    /// Who works on it: a session's id, or `person`.
    pub owner: Option<String>,
    /// Who worked on it last.
    pub last_owner: Option<String>,
    /// Who put it on the board.
    pub created_by: String,
    /// Claims so far.
    pub attempts: u32,
    /// How many claims may fail.
    pub max_attempts: u32,
    /// Whatever its maker put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// The last words on it.
    pub note: Option<String>,
    /// Its result.
    pub result: Option<ArtifactView>,
    /// When it was put on the board.
    pub created_at: String,
    /// When it was claimed last.
    pub claimed_at: Option<String>,
    /// When it was done, failed or cancelled.
    pub ended_at: Option<String>,
}

/// A body that is kept by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactView {
    /// SHA-256 in hex: its name.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// `POST /artifacts`: the stored body.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactAnswer {
    /// The artifact.
    pub artifact: ArtifactView,
}

/// One task.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TaskAnswer {
    /// The task.
    pub task: TaskView,
    /// What can be claimed because of what was just done.
    #[serde(default)]
    pub ready: Vec<TaskId>,
}

/// One task with what happened to it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TaskDetail {
    /// The task.
    pub task: TaskView,
    /// The newest steps, oldest first.
    pub history: Vec<TaskStepView>,
}

/// One step in a task's history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TaskStepView {
    /// The version that it made.
    pub version: u32,
    /// When.
    pub at: String,
    /// Who: a session's id, `person` or `ao`.
    pub by: String,
    /// `added`, `claimed`, `updated`, `released`, `done`, `failed` or `cancelled`.
    pub step: String,
    /// What was said with it.
    pub note: Option<String>,
}

/// Tasks in the order of their ids.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TaskList {
    /// The tasks.
    pub tasks: Vec<TaskView>,
    /// Ask with this as `after` for the rest.
    pub next_after: Option<TaskId>,
}

/// `GET /tasks`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TaskQuery {
    /// Only this project's [default: the caller's].
    pub project: Option<String>,
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those that this one works on.
    pub owner: Option<String>,
    /// Only those that can be claimed.
    pub ready: bool,
    /// Only those after this one.
    pub after: Option<TaskId>,
    /// At most this many, 200 unless named, 2,000 at most.
    pub limit: Option<u32>,
}

/// `POST /tasks`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AddTask {
    /// The project.
    pub project: String,
    /// What it is: 1 to 200 characters in a line.
    pub subject: String,
    /// What it is, in full: 64 KiB at most.
    pub body: String,
    /// What has to be done first, 100 at most.
    pub depends_on: Vec<TaskId>,
    /// How many claims may fail: 1 to 10, 1 unless named.
    pub max_attempts: Option<u32>,
    /// Any JSON, 16 KiB at most.
    pub metadata: Option<serde_json::Value>,
}

/// `PATCH /tasks/{id}`: what is not named stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateTask {
    /// The version that was seen.
    pub expect_version: Option<u32>,
    /// See [`AddTask::subject`].
    pub subject: Option<String>,
    /// See [`AddTask::body`].
    pub body: Option<String>,
    /// All that it depends on from now on.
    pub depends_on: Option<Vec<TaskId>>,
    /// See [`AddTask::max_attempts`].
    pub max_attempts: Option<u32>,
    /// See [`AddTask::metadata`].
    pub metadata: Option<serde_json::Value>,
    /// A word on it.
    pub note: Option<String>,
}

/// `POST /tasks/{id}/claim`, `/done`, `/fail`, `/release`, `/cancel`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StepTask {
    /// The version that was seen.
    pub expect_version: Option<u32>,
    /// Who is to work on it, for a claim [default: the caller].
    pub owner: Option<String>,
    /// SHA-256 of the result, stored before by `POST /artifacts`, for a task that is done.
    pub result: Option<String>,
    /// A word on it: 4,000 characters at most.
    pub note: Option<String>,
}
