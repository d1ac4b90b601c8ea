//! The supervisor: answers, or does not run; of the same version.

use super::Check;
use crate::client::{Client, ClientError, Target};
use crate::wire::error::ApiError;
use crate::wire::supervisor::{StatusView, SupervisorView};

/// What a running supervisor wants a person to look at; none runs, or it is not asked: nothing.
pub async fn warnings(client: &Client) -> Vec<Check> {
    let Ok(status) = client.get::<StatusView>(&Target::new(&["status"])).await else {
        return Vec::new();
    };
    let look = "`ao status`, `ao ls --all`; then git worktree remove PATH, or ao kill ID";
    status.warnings.into_iter().map(|found| Check::warn("sessions", found, look)).collect()
}

/// Whether a supervisor runs and answers; that none runs is no fault.
pub async fn supervisor(client: &Client) -> Check {
    let name = "supervisor";
    match client.get::<SupervisorView>(&Target::new(&["health"])).await {
        Ok(view) => {
            let pid = view.pid.map_or_else(|| "?".into(), |pid| pid.to_string());
            let version = view.version.unwrap_or_else(|| "unknown".into());
            let found = format!("pid {pid}, ao {version}");
            if view.ready {
                Check::ok(name, found)
            } else {
                Check::warn(name, format!("{found}, still starting"), "wait a moment")
            }
        }
        Err(ClientError::NotRunning { .. }) => {
            Check::ok(name, "not running; it is started when needed")
        }
        Err(error) => {
            let error = ApiError::from(error);
            Check::fail(name, format!("{}: {}", error.message, error.reason), error.hint)
        }
    }
}
