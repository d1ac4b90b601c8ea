//! Starts the supervisor where none runs. However many commands ask at once, one starts it and the
//! others find it: they queue on a lock and look again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;

use super::connect::connect;
use super::{Address, Client, ClientError, inside_session};
use crate::config::{Environment, create_private_dir};
use crate::process::{close_on_exec_above_stdio, scrub};
use crate::wire::error::ErrorCode;
use crate::wire::supervisor::Startup;

/// How long a supervisor may take to its first line: it adopts sessions and may move data to a new
/// format before that.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// How long to queue behind another command that starts one; a little longer than it may take.
const LOCK_DEADLINE: Duration = Duration::from_secs(70);
/// How long a supervisor that holds the lock may take to open its socket.
const REACH_DEADLINE: Duration = Duration::from_secs(10);
/// Between two looks for it.
const REACH_PAUSE: Duration = Duration::from_millis(50);
/// A larger log is moved aside when a supervisor is started, in bytes.
const LOG_LIMIT: u64 = 8 * 1024 * 1024;
/// The longest first line that is read, in bytes.
const LINE_LIMIT: u64 = 64 * 1024;

/// A client of a supervisor that takes requests at `address`: the one that runs, or one started here.
/// The address is resolved anew after a start, for the supervisor chooses its run directory.
///
/// # Errors
/// [`ClientError::InsideSession`] where none may be started, [`ClientError::Refused`] with the
/// supervisor's own words when it could not start, else [`ClientError::Start`].
pub async fn ensure_running(
    address: Address,
    environment: &Environment,
) -> Result<Client, ClientError> {
    match connect(address.paths.socket()).await {
        Ok(connection) => return Ok(Client::over(address, connection)),
        Err(error) if !error.is_not_running() => return Err(error),
        Err(_) if inside_session(environment) => return Err(ClientError::InsideSession),
        Err(_) => {}
    }
    let data = address.paths.data().to_owned();
    for directory in [&data, &address.paths.log_dir()] {
        create_private_dir(directory).map_err(start_error)?;
    }
    let _lock = lock(&data.join("start.lock")).await?;
    let address = renewed(&address, environment);
    match connect(address.paths.socket()).await {
        Ok(connection) => return Ok(Client::over(address, connection)),
        Err(error) if !error.is_not_running() => return Err(error),
        Err(_) => {}
    }
    start(&address, environment).await?;
    Ok(Client::new(renewed(&address, environment)))
}

/// The address with what a supervisor recorded meanwhile.
fn renewed(address: &Address, environment: &Environment) -> Address {
    let paths = crate::config::Paths::resolve_recorded(environment);
    Address { paths: paths.unwrap_or_else(|_| address.paths.clone()), ..address.clone() }
}

fn start_error(error: impl std::fmt::Display) -> ClientError {
    ClientError::Start(error.to_string())
}

/// Takes the lock, waiting for it on a thread of its own: flock(2) knows no deadline.
async fn lock(path: &Path) -> Result<File, ClientError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| ClientError::Start(format!("{}: {e}", path.display())))?;
    let locked = in_thread(move || {
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        Ok::<File, rustix::io::Errno>(file)
    })?;
    match tokio::time::timeout(LOCK_DEADLINE, locked).await {
        Ok(Ok(Ok(file))) => Ok(file),
        Ok(Ok(Err(error))) => Err(ClientError::Start(format!("{}: {error}", path.display()))),
        Ok(Err(_)) => Err(ClientError::Start("the waiting thread ended".into())),
        Err(_) => Err(ClientError::Start(format!(
            "another command has been starting one for {} s",
            LOCK_DEADLINE.as_secs()
        ))),
    }
}

/// Runs what blocks on a thread that nobody joins: if it is given up, it ends with this process.
fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, ClientError> {
    let (done, outcome) = oneshot::channel();
    std::thread::Builder::new()
        .name("ao-start".into())
        .spawn(move || {
            // The receiver may have given up.
            let _ = done.send(work());
        })
        .map_err(start_error)?;
    Ok(outcome)
}

async fn start(address: &Address, environment: &Environment) -> Result<(), ClientError> {
    let mut child = command(address, environment)?.spawn().map_err(start_error)?;
    let stdout = child.stdout.take().ok_or_else(|| start_error("no pipe to it"))?;
    let first_line = in_thread(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout.take(LINE_LIMIT)).read_line(&mut line);
        if line.is_empty() {
            // It is gone, or about to go; what it left is its exit status.
            let _ = child.wait();
        }
        read.map(|_| line)
    })?;
    let line = match tokio::time::timeout(READY_DEADLINE, first_line).await {
        Ok(Ok(Ok(line))) => line,
        Ok(Ok(Err(error))) => return Err(start_error(error)),
        Ok(Err(_)) => return Err(start_error("the waiting thread ended")),
        Err(_) => {
            return Err(ClientError::Start(format!(
                "it has not been ready for {} s",
                READY_DEADLINE.as_secs()
            )));
        }
    };
    match serde_json::from_str(&line) {
        Ok(Startup::Ready { .. }) => Ok(()),
        // A keeper may have been faster to start one again.
        Ok(Startup::Error(error)) if error.code == ErrorCode::Conflict => {
            reached(address).await.map_err(|_| ClientError::Refused(Box::new(error)))
        }
        Ok(Startup::Error(error)) => Err(ClientError::Refused(Box::new(error))),
        Err(_) => Err(ClientError::Start(format!(
            "it ended before it was ready; the last words are in {}",
            address.paths.log_dir().join("supervisor.log").display()
        ))),
    }
}

/// Waits for the supervisor that holds the lock to take requests. There is no event for that in a
/// process that is not ours, so it is asked again and again, for a short while.
async fn reached(address: &Address) -> Result<(), ClientError> {
    let late = tokio::time::Instant::now() + REACH_DEADLINE;
    loop {
        match connect(address.paths.socket()).await {
            Ok(_) => return Ok(()),
            Err(error) if tokio::time::Instant::now() > late => return Err(error),
            Err(_) => tokio::time::sleep(REACH_PAUSE).await,
        }
    }
}

/// `ao supervisor --detach`: no terminal, no directory, nothing of a session in its environment.
fn command(address: &Address, environment: &Environment) -> Result<Command, ClientError> {
    let log = address.paths.log_dir().join("supervisor.log");
    if log.metadata().is_ok_and(|log| log.len() > LOG_LIMIT) {
        // Kept once; if it cannot be moved it goes on growing until it can.
        let _ = std::fs::rename(&log, log.with_extension("log.1"));
    }
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&log)
        .map_err(|e| ClientError::Start(format!("{}: {e}", log.display())))?;
    // It would hold a caller's pipe or lock for as long as it lives.
    close_on_exec_above_stdio().map_err(start_error)?;
    let mut command = Command::new(std::env::current_exe().map_err(start_error)?);
    command
        .args(["supervisor", "--detach"])
        .env_clear()
        .envs(scrubbed(environment))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    Ok(command)
}

/// The environment without a session's marks; variables that are not text stay as they are.
fn scrubbed(
    environment: &Environment,
) -> impl Iterator<Item = (&std::ffi::OsString, &std::ffi::OsString)> {
    let lossy = |text: &std::ffi::OsString| text.to_string_lossy().into_owned();
    let mut kept: BTreeMap<String, String> =
        environment.variables().keys().map(|name| (lossy(name), String::new())).collect();
    scrub(&mut kept);
    environment.variables().iter().filter(move |(name, _)| kept.contains_key(&lossy(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_leaves_no_mark() {
        let environment =
            Environment::of([("AO_SESSION_ID", "x"), ("CLAUDECODE", "1"), ("A", "b")]);
        let kept: Vec<_> = scrubbed(&environment).map(|(name, _)| name.clone()).collect();
        assert_eq!(kept, ["A"]);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_lock_is_taken_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("start.lock");
        let first = lock(&path).await.unwrap();
        let second = lock(&path);
        tokio::pin!(second);
        let early = tokio::time::timeout(Duration::from_millis(20), &mut second).await;
        assert!(early.is_err());
        drop(first);
        second.await.unwrap();
    }
}
