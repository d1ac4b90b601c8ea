//! Which tools are shown. This hides what would be refused anyway: who calls, and what it may, is
//! the supervisor's to say at every call.

use crate::config::Environment;

/// For whom the tools are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A person's own agent, or an orchestrator.
    Conductor,
    /// A worker.
    Worker,
    /// An agent that does one task and ends: it gives its result and asks nobody.
    OneShot,
}

impl Role {
    /// By the environment that ao gives its sessions.
    pub(super) fn of(environment: &Environment) -> Self {
        let is = |name: &str, value: &str| environment.get(name).is_some_and(|it| it == value);
        if environment.get("AO_RESULT_FILE").is_some() {
            Self::OneShot
        } else if is("AO_ROLE", "worker") {
            Self::Worker
        } else {
            Self::Conductor
        }
    }
}
