//! Nothing is left: sessions and supervisor ended, every process of theirs seen gone, the directory
//! removed.

use std::io;
use std::time::Duration;

use super::stage::Stage;
use crate::cli::error::Failure;
use crate::client::{Client, ClientError, Deadline, Target};
use crate::process::{self, ProcessError, ProcessId};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::supervisor::{Stop, StopAnswer};

/// How long the supervisor may take to end its sessions.
const STOP: Deadline = Deadline::Within(Duration::from_secs(15));
/// How long what is left may take after SIGTERM; a supervisor drains for 3 s.
const GRACE: Duration = Duration::from_secs(5);
/// How long after SIGKILL.
const LIMIT: Duration = Duration::from_secs(5);

/// Ends everything in the place and removes it.
pub async fn clean_up(stage: &Stage) -> Result<(), Failure> {
    // Whatever it says, the processes themselves are looked for afterwards.
    let _ = stop(&stage.client()).await;
    let data = stage.paths.data().display().to_string();
    let find = || -> Result<Vec<ProcessId>, ProcessError> {
        Ok(process::find_by_environ(&[("AO_DATA_DIR", &data)])?.found)
    };
    let ended = process::end(find, GRACE, LIMIT).await.map_err(|e| incomplete(stage, &e))?;
    if !ended.left.is_empty() {
        let pids: Vec<String> = ended.left.iter().map(|id| id.pid.to_string()).collect();
        return Err(incomplete(stage, &format!("still there: {}", pids.join(" "))));
    }
    remove(stage).map_err(|e| incomplete(stage, &e))
}

async fn stop(client: &Client) -> Result<(), ClientError> {
    let body = Stop { sessions: true };
    client.post::<StopAnswer>(&Target::new(&["stop"]), &body, STOP).await.map(|_| ())
}

fn remove(stage: &Stage) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    gone(std::fs::remove_dir_all(stage.root()))?;
    // Elsewhere only where the paths of sockets would not fit.
    gone(std::fs::remove_dir_all(stage.paths.run()))
}

fn incomplete(stage: &Stage, why: &dyn std::fmt::Display) -> Failure {
    ApiError::new(
        ErrorCode::System,
        "the demo could not clean up behind itself",
        why.to_string(),
        format!("end what is left, then remove {}", stage.root().display()),
    )
    .into()
}
