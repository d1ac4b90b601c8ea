//! The supervisor's end of a one-shot run: begin it or pick it up, wait for it, end it. A lock that
//! the wrapper holds for life decides who runs: of two wrappers for one directory one runs nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::FlockOperation;
use tokio::process::Command;

use super::order::{Ended, Files, Order};
use super::wrap::BUSY;
use crate::config::{ConfigError, create_private_dir, write_private};
use crate::process::{self, ProcessError, ProcessId};

/// How long what has been told to end may take for it.
const GRACE: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(10);

/// Why a one-shot run could not be begun or followed.
#[derive(Debug, thiserror::Error)]
pub enum OneshotError {
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A private file or directory.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Evidence about processes.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Its processes do not end.
    #[error("{0} processes of the agent are still there after SIGKILL")]
    NotEnded(usize),
}

impl OneshotError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Begins the run in `dir`, or picks it up where an earlier supervisor left it, and returns when it
/// is over. One that had begun and is gone without an outcome has crashed; it is not begun again.
///
/// # Errors
/// When it cannot be begun; nothing runs then.
pub async fn run(ao: &Path, dir: &Path, order: &Order) -> Result<Ended, OneshotError> {
    let files = Files(dir);
    if let Some(ended) = outcome(dir) {
        return Ok(ended);
    }
    if files.started().exists() {
        return settled(dir).await;
    }
    write_order(dir, order)?;
    let log = std::fs::OpenOptions::new().append(true).create(true).open(files.log());
    let log = log.map_err(OneshotError::file(&files.log()))?;
    let mut child = Command::new(ao)
        .arg("one-shot")
        .arg(dir)
        .env_clear()
        // By these it is found, whatever became of its files.
        .envs(order.env.iter().filter(|(name, _)| name.starts_with("AO_")))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .current_dir("/")
        .process_group(0)
        .spawn()
        .map_err(OneshotError::file(ao))?;
    let status = child.wait().await.map_err(OneshotError::file(ao))?;
    if status.code() == Some(BUSY) {
        return settled(dir).await;
    }
    Ok(outcome(dir).unwrap_or_else(|| {
        Ended::nothing("crash", format!("what ran the agent ended without a word: {status}"))
    }))
}

/// Writes what is to be done into `dir`, for a wrapper that somebody else starts.
///
/// # Errors
/// When it cannot be written.
pub fn write_order(dir: &Path, order: &Order) -> Result<(), ConfigError> {
    create_private_dir(dir)?;
    let text = serde_json::to_vec_pretty(order).expect("an order is plain JSON");
    write_private(&Files(dir).order(), &text)
}

/// What it left, after the end of the wrapper that has begun it.
async fn settled(dir: &Path) -> Result<Ended, OneshotError> {
    let lock = Files(dir).lock();
    let waited = tokio::task::spawn_blocking(move || -> Result<(), OneshotError> {
        let file = std::fs::File::open(&lock).map_err(OneshotError::file(&lock))?;
        rustix::fs::flock(&file, FlockOperation::LockShared)
            .map_err(|error| OneshotError::file(&lock)(error.into()))
    });
    match waited.await {
        Ok(done) => done?,
        Err(_) => return Ok(Ended::nothing("crash", "the supervisor goes down")),
    }
    let crashed = || Ended::nothing("crash", "the agent's process is gone without a result");
    Ok(outcome(dir).unwrap_or_else(crashed))
}

/// What the run in `dir` has come to; nothing as long as it has left no word.
#[must_use]
pub fn outcome(dir: &Path) -> Option<Ended> {
    serde_json::from_slice(&std::fs::read(Files(dir).outcome()).ok()?).ok()
}

/// Ends the run in `dir` with everything it has started: what descends from its wrapper, and what
/// has all of `marks` in its environment.
///
/// # Errors
/// When something is still there after SIGKILL.
pub async fn end(dir: &Path, marks: &[(&str, &str)]) -> Result<(), OneshotError> {
    let wrapper: Option<ProcessId> = std::fs::read(Files(dir).started())
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let find = || {
        let mut all = process::find_by_environ(marks)?.found;
        if let Some(wrapper) = wrapper.filter(|it| it.is_alive() == process::Evidence::Alive) {
            all.extend(process::descendants(wrapper.pid)?);
            all.push(wrapper);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    };
    let ended = process::end(find, GRACE, LIMIT).await?;
    if ended.left.is_empty() { Ok(()) } else { Err(OneshotError::NotEnded(ended.left.len())) }
}
