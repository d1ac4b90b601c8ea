//! What can go wrong with what ao does. Each reads after "failed to …: ".

use std::time::Duration;

use crate::agents::AgentError;
use crate::config::ConfigError;
use crate::host::HostError;
use crate::model::admission::Full;
use crate::model::ids::IdError;
use crate::model::message::TextError;
use crate::model::rights::Denied;
use crate::panes::PanesError;
use crate::process::ProcessError;
use crate::store::StoreError;
use crate::workspace::WorkspaceError;

use super::lanes::CutOff;

/// Errors of the services.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such thing.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// `project`, `session`, `message`.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It is over.
    #[error("{id} has ended: {reason}")]
    Ended {
        /// The session.
        id: String,
        /// Why.
        reason: String,
    },
    /// It has no terminal yet, or none any more.
    #[error("{id} is {phase}, it has no terminal now")]
    NotLive {
        /// The session.
        id: String,
        /// Its phase.
        phase: &'static str,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A workflow's script is refused, or what it refers to.
    #[error("{0}")]
    Script(String),
    /// A flow is refused, or something of it.
    #[error("{0}")]
    Flow(String),
    /// A flow with programs that nobody has agreed to.
    #[error("{flow} runs programs, and nobody has agreed to it as it is")]
    UntrustedFlow {
        /// The flow.
        flow: String,
        /// The project.
        project: String,
    },
    /// A run's budget.
    #[error("{reason}")]
    UsedUp {
        /// The run.
        id: String,
        /// What is used up.
        reason: String,
        /// The options that raise it.
        raise: String,
    },
    /// A run, a step of one or a subagent has no result yet.
    #[error("{id} is {state}, it has no result yet")]
    NotFinished {
        /// Its id; of a step the run's and its own.
        id: String,
        /// Its state.
        state: &'static str,
    },
    /// It is over, and there is no result.
    #[error("{id} is {state}, it has no result{}", after(reason.as_deref()))]
    NoResult {
        /// Its id; of a step the run's and its own.
        id: String,
        /// Its state.
        state: &'static str,
        /// Why.
        reason: Option<String>,
    },
    /// The caller may not.
    #[error("{0}")]
    Denied(Denied),
    /// The agent's program is not installed.
    #[error("the program {program:?} of the agent {agent} is not on PATH")]
    AgentMissing {
        /// The agent.
        agent: String,
        /// Its program.
        program: String,
        /// The agents that are installed.
        installed: Vec<String>,
    },
    /// There is no room for one more session.
    #[error("no room for one more session of {project}: {full}")]
    Full {
        /// The project.
        project: String,
        /// Why.
        full: Full,
    },
    /// A permission request that nobody waits for the answer to.
    #[error("{id} is no longer to be answered: {why}")]
    PermitOver {
        /// The request.
        id: String,
        /// What became of it.
        why: String,
    },
    /// The repository is registered.
    #[error("{path} is registered already, as the project {project:?}")]
    Registered {
        /// The repository.
        path: String,
        /// The project.
        project: String,
    },
    /// The project still has sessions, or runs, that are not over.
    #[error("{project} is at work: {sessions}")]
    InUse {
        /// The project.
        project: String,
        /// Their ids.
        sessions: String,
    },
    /// A session did not come to life.
    #[error("{step}: {error}")]
    Launch {
        /// The step that failed.
        step: &'static str,
        /// What went wrong there.
        #[source]
        error: Box<ServiceError>,
    },
    /// A command of the project's own failed.
    #[error("{command:?} {how}; its last words: {said}")]
    SetUp {
        /// The command.
        command: String,
        /// How it ended.
        how: String,
        /// The end of its output.
        said: String,
    },
    /// Its manifest knows no way to stop a turn.
    #[error("ao knows no way to stop a turn of {0}")]
    NoInterrupt(String),
    /// It was told to end while it was being started.
    #[error("{0} was told to end meanwhile")]
    Interrupted(String),
    /// A relaunch that was joined failed, with these words.
    #[error("the relaunch under way failed: {0}")]
    Joined(String),
    /// What a person agreed to is not what is there.
    #[error("the commands of {0} have changed since they were shown")]
    TrustChanged(String),
    /// Processes of a session cannot be ended.
    #[error("{count} processes of {id} are still there after SIGKILL")]
    NotEnded {
        /// The session.
        id: String,
        /// How many.
        count: usize,
    },
    /// It has changed since it was seen.
    #[error("{stale}")]
    Stale {
        /// Which version was expected, and which was found.
        stale: StoreError,
        /// What to look at, in a line.
        now: String,
        /// What is there now, as its own route shows it.
        current: Box<serde_json::Value>,
    },
    /// The wait is over.
    #[error("it has not happened within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// There is no zellij.
    #[error("{0}")]
    NoZellij(String),
    /// An id that cannot be one.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A text that is not accepted.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Repositories and worktrees.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The session host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// zellij.
    #[error(transparent)]
    Panes(#[from] PanesError),
    /// Manifests and launch plans.
    #[error(transparent)]
    Agents(#[from] AgentError),
    /// Settings, `ao.toml`, private files.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Evidence about processes.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A prompt's template.
    #[error(transparent)]
    Prompt(#[from] super::prompts::PromptError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The work panicked or was cut off.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl ServiceError {
    /// What went wrong, whatever step it was in.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Launch { error, .. } => error.root(),
            other => other,
        }
    }

    /// Nothing is wrong with what was asked for: the supervisor goes down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        matches!(self.root(), Self::CutOff(_) | Self::Store(StoreError::Stopped))
    }

    /// No session of that id.
    #[must_use]
    pub fn no_session(id: &str) -> Self {
        Self::NotFound { what: "session", id: id.to_owned() }
    }

    /// No project of that id.
    #[must_use]
    pub fn no_project(id: &str) -> Self {
        Self::NotFound { what: "project", id: id.to_owned() }
    }
}

/// `: why`, where there is one.
fn after(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}
