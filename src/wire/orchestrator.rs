//! Orchestrators on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::{AgentChoice, SessionView};

/// `POST /orchestrators`: reuse the live canonical one, start it, or relaunch it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnsureOrchestrator {
    /// The project's id.
    pub project: String,
    /// End the live one and begin a new generation with a new conversation; means `mode: fresh`.
    pub clean: bool,
    /// `reuse` (default), `resume`, `fresh`: the last two relaunch.
    pub mode: Option<String>,
    /// The agent.
    #[serde(flatten)]
    pub choice: AgentChoice,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment for the agent.
    pub env: std::collections::BTreeMap<String, String>,
}

/// The orchestrator after the request.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OrchestratorAnswer {
    /// The canonical orchestrator.
    pub session: SessionView,
    /// What happened: `reused`, `started`, `relaunched`.
    pub outcome: String,
    /// The same as `session`, for scripts that ask for the orchestrator.
    pub orchestrator: Option<String>,
    /// Lines a person should see.
    #[serde(default)]
    pub notices: Vec<String>,
}
