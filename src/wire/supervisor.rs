//! The supervisor about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{error::ApiError, project::ProjectView, session::SessionView};

/// `GET /version`, readable by every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VersionView {
    /// The supervisor's version.
    pub version: String,
    /// Its [`super::PROTOCOL`].
    pub protocol: u32,
}

/// `GET /health`, and the first part of `ao status`. Stable shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SupervisorView {
    /// The supervisor's process; absent when none runs.
    pub pid: Option<u32>,
    /// Its version.
    pub version: Option<String>,
    /// Its protocol.
    pub protocol: Option<u32>,
    /// The data directory.
    pub data_dir: String,
    /// Its socket.
    pub socket: String,
    /// It has compared its records with the world and takes requests.
    pub ready: bool,
    /// How far it is with that, while it is at it.
    #[serde(default)]
    pub taking_over: Option<Progress>,
    /// RFC 3339.
    pub started_at: Option<String>,
    /// zellij: `0.45.1`, or why there are no panes.
    pub zellij: Option<String>,
}

/// How many sessions have been compared with the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// So many.
    pub done: usize,
    /// Of so many.
    pub total: usize,
}

/// `GET /status`, the body of `ao status --json`. Stable shape.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StatusView {
    /// The supervisor.
    pub supervisor: SupervisorView,
    /// Every project with its sessions.
    pub projects: Vec<ProjectStatus>,
    /// What a person should look at, a sentence each: an alarm, worktrees of no session.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// One project in `ao status`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProjectStatus {
    /// The project.
    #[serde(flatten)]
    pub project: ProjectView,
    /// Its orchestrator, apart from the workers.
    pub orchestrator_session: Option<SessionView>,
    /// Its workers that are not over, and those that ended in the last day.
    pub workers: Vec<SessionView>,
    /// What a person should look at, a sentence each: agents that were stopped because they only
    /// answer each other, reports over the daily cap.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// The one line that `ao supervisor --detach` writes to its standard output before it closes it:
/// `{"ready":{"pid":…}}` or `{"error":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Startup {
    /// It takes requests on its socket.
    Ready {
        /// Its process.
        pid: u32,
    },
    /// It could not start, and is gone.
    Error(ApiError),
}

/// `POST /stop`: end the supervisor; sessions live on unless asked otherwise.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// End every session first.
    pub sessions: bool,
}

/// The answer to a stop, sent before the supervisor goes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StopAnswer {
    /// The process that is going.
    pub pid: u32,
    /// Sessions that live on, by id.
    pub living: Vec<String>,
    /// Sessions that were ended, by id.
    pub ended: Vec<String>,
}

/// `GET /zellij/{project}`: what a person's terminal has to run to see the panes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ZellijView {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables to set.
    pub env: std::collections::BTreeMap<String, String>,
    /// The zellij session's name.
    pub name: String,
    /// Sessions with a pane.
    pub panes: Vec<String>,
}
