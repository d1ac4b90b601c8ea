//! Projects on the wire.

use serde::{Deserialize, Serialize};

/// A registered repository. Stable shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectView {
    /// A slug of the folder's name.
    pub id: String,
    /// The short form that session ids begin with.
    pub prefix: String,
    /// The main worktree's absolute path.
    pub path: String,
    /// What workers branch from.
    pub default_branch: String,
    /// The agent of its sessions, where the project says one.
    pub agent: Option<String>,
    /// Its agents' sandboxes may reach the network, and with that ao's socket.
    #[serde(default)]
    pub open_network: bool,
    /// Its orchestrator may answer its workers' permission requests.
    #[serde(default)]
    pub permits: bool,
    /// Sessions that a start of the supervisor finds lost are started again.
    #[serde(default)]
    pub restore: bool,
    /// The orchestrator's id, once it has been started.
    pub orchestrator: Option<String>,
    /// Sessions that are not over.
    pub live_sessions: u32,
    /// RFC 3339.
    pub created_at: String,
}

/// `{"projects": […]}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProjectList {
    /// In order of registration.
    pub projects: Vec<ProjectView>,
}

/// `{"project": {…}}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProjectAnswer {
    /// The project after the request.
    pub project: ProjectView,
    /// Whether the request made it.
    #[serde(default)]
    pub created: bool,
    /// Lines a person should see.
    #[serde(default)]
    pub notices: Vec<String>,
}

/// `POST /projects`: register the repository at a path.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AddProject {
    /// Absolute path of the repository or a folder in it.
    pub path: String,
    /// What workers branch from, instead of what the repository suggests.
    pub default_branch: Option<String>,
    /// The agent of its sessions.
    pub agent: Option<String>,
    /// A repository that is registered already is an answer, not an error.
    pub ensure: bool,
}

/// `PATCH /projects/{id}`: absent fields stay as they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SetProject {
    /// What workers branch from.
    pub default_branch: Option<String>,
    /// The agent of its sessions; an empty text takes the project's choice away.
    pub agent: Option<String>,
    /// Whether its agents' sandboxes may reach the network; from their next launch on.
    pub open_network: Option<bool>,
    /// Whether its orchestrator may answer its workers' permission requests.
    pub permits: Option<bool>,
    /// Whether sessions that a start of the supervisor finds lost are started again.
    pub restore: Option<bool>,
}

/// `GET` and `POST /projects/{id}/trust`: the commands that come with the repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrustAnswer {
    /// The project's id.
    pub project: String,
    /// `nothing` (there are none), `trusted`, `untrusted`, or `changed` since they were trusted.
    pub state: String,
    /// The file they are in.
    pub file: String,
    /// What runs in a fresh worktree, each an argument list.
    pub commands: Vec<Vec<String>>,
    /// By this they are pinned; absent when there are none.
    pub hash: Option<String>,
    /// The repository's flows that run programs.
    #[serde(default)]
    pub flows: Vec<TrustedFlow>,
}

/// A flow of the repository that runs programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedFlow {
    /// Its file.
    pub file: String,
    /// Its programs, each an argument list, with the places that are filled in.
    pub commands: Vec<Vec<String>>,
    /// By this it is pinned: SHA-256 of the whole file.
    pub hash: String,
    /// A person has agreed to exactly this file.
    pub trusted: bool,
}

/// `POST /projects/{id}/restore-lost`: bring back the sessions that nobody ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RestoreLost {
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment for the agents.
    pub env: std::collections::BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RestoreLostAnswer {
    /// Sessions that live again, by id.
    pub restored: Vec<String>,
    /// Sessions that stay lost.
    pub left: Vec<LeftLost>,
}

/// A session that stays lost.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeftLost {
    /// Its id.
    pub session: String,
    /// Why.
    pub reason: String,
}

/// `POST /projects/{id}/trust`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustProject {
    /// The hash of the commands that were shown; absent: trust none from now on.
    pub hash: Option<String>,
    /// The hashes of the flows that were shown; those that are not named are not trusted.
    pub flows: Vec<String>,
}
