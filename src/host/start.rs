//! Starts a session's host and waits for its one line. For the supervisor.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::process::ProcessId;

use super::error::HostError;
use super::launch::Launch;
use super::serve::Report;

/// What of the supervisor's environment the host gets. The agent's is in the launch file.
const INHERITED: [&str; 7] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "AO_LOG", "RUST_BACKTRACE"];

/// What of the agent's environment the host gets, too: by this it is found before it has told
/// anybody its pid. A supervisor that dies right after this start must not leave a host that
/// nobody knows of.
const MARKS: [&str; 3] = ["AO_SESSION_ID", "AO_GENERATION", "AO_DATA_DIR"];

/// Lines of the host's log that are shown when it ends without a word.
const LOG_LINES: usize = 5;

/// A running session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// Its host.
    pub host: ProcessId,
    /// Its agent.
    pub agent: ProcessId,
}

/// Starts `ao host --launch FILE` with the program `ao` and returns when the agent runs and the
/// host's socket answers. The host lives on when the caller ends. Needs a tokio runtime, which
/// also takes note of the host's end, so that no zombie stays.
///
/// # Errors
/// [`HostError::Start`] with the failed step and its words; nothing is running then. After
/// [`HostError::Deadline`] the host was killed, and its agent with it.
pub async fn start(
    ao: &Path,
    launch_file: &Path,
    deadline: Duration,
) -> Result<Started, HostError> {
    let launch = Launch::read(launch_file)?;
    let log = launch.dir.join("host.log");
    let stderr = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&log)
        .map_err(HostError::file("open", &log))?;
    let mut command = Command::new(ao);
    command.arg("host").arg("--launch").arg(launch_file).env_clear();
    command.envs(INHERITED.iter().filter_map(|key| Some((key, std::env::var_os(key)?))));
    command.envs(MARKS.iter().filter_map(|key| Some((key, launch.env.get(*key)?))));
    // A group of its own until the host makes itself a session: Ctrl-C in the supervisor's
    // terminal is not for it.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).current_dir("/");
    let mut child = command.spawn().map_err(HostError::file("start", ao))?;
    let said = timeout(deadline, first_line(&mut child)).await;
    let report = match said {
        Ok(Ok(line)) => serde_json::from_str::<Report>(&line).ok(),
        Ok(Err(_)) => None,
        Err(_) => {
            // Its agent goes with it, by the parent-death signal.
            let _ = child.kill().await;
            return Err(HostError::Deadline { call: "start", after: deadline });
        }
    };
    match report {
        Some(Report::Started { host, agent }) => {
            // Reaps it whenever it ends.
            tokio::spawn(async move { child.wait().await });
            Ok(Started { host, agent })
        }
        Some(Report::Failed { step, error }) => {
            let _ = child.wait().await;
            Err(HostError::Start { step, error })
        }
        None => {
            let _ = child.kill().await;
            Err(HostError::Start { step: "host".to_owned(), error: last_words(&log) })
        }
    }
}

async fn first_line(child: &mut Child) -> std::io::Result<String> {
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).await?;
    }
    Ok(line)
}

fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
    format!("the host ended without a word; its log: {}", last.join(" | "))
}
