//! Serialises changes: git processes of one repository run one after the other, also those of a
//! supervisor that was killed and of one with another data directory.
//!
//! The lock is held across the git call on purpose: it is what is being serialised. It guards no
//! data of this process, so nothing else waits for it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::WorkspaceError;

/// Name of the lock file, in the repository's and in a worktree's own git directory.
const LOCK_NAME: &str = "ao.lock";

/// A file lock has no event to wait for; this is how often it is asked, on the rare occasion that
/// an earlier process still has it.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// The locks of this process, one for each repository.
#[derive(Debug, Default, Clone)]
pub struct RepositoryLocks {
    known: Arc<Mutex<HashMap<PathBuf, Weak<AsyncMutex<()>>>>>,
}

/// The right to change a repository, until dropped.
pub(super) struct RepositoryLock {
    pub(super) file: GitLock,
    _turn: OwnedMutexGuard<()>,
}

impl RepositoryLocks {
    /// No repository is locked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the turn to change the repository with this common directory. `limit` is for
    /// processes that are not ours; our own have deadlines.
    pub(super) async fn lock(
        &self,
        common_dir: &Path,
        limit: Duration,
    ) -> Result<RepositoryLock, WorkspaceError> {
        let turn = self.entry(common_dir).lock_owned().await;
        let file = GitLock::acquire(common_dir, limit).await?;
        Ok(RepositoryLock { file, _turn: turn })
    }

    fn entry(&self, common_dir: &Path) -> Arc<AsyncMutex<()>> {
        // The map is whole at any time: a panic elsewhere does not spoil it.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(common_dir).and_then(Weak::upgrade) {
            return entry;
        }
        known.retain(|_, entry| entry.strong_count() > 0);
        let entry = Arc::new(AsyncMutex::new(()));
        known.insert(common_dir.to_owned(), Arc::downgrade(&entry));
        entry
    }
}

/// An exclusive lock on a file. git gets the open file as its standard input (the file is empty),
/// so the lock lasts as long as git does, even if this process is killed.
pub(super) struct GitLock {
    file: File,
    path: PathBuf,
}

impl GitLock {
    /// Locks the lock file in `directory`, waiting for at most `limit`.
    pub(super) async fn acquire(directory: &Path, limit: Duration) -> Result<Self, WorkspaceError> {
        let path = directory.join(LOCK_NAME);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(WorkspaceError::io("open", &path))?;
        let started = Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { file, path }),
                Err(rustix::io::Errno::WOULDBLOCK) if started.elapsed() < limit => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(WorkspaceError::Busy { path, waited: limit });
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(WorkspaceError::io("lock", path)(e.into())),
            }
        }
    }

    /// The locked file for a child's standard input.
    pub(super) fn as_stdin(&self) -> Result<Stdio, WorkspaceError> {
        let copy = self.file.try_clone().map_err(WorkspaceError::io("share", &self.path))?;
        Ok(Stdio::from(copy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_repository() {
        let a = tempfile::tempdir().unwrap();
        let b = tempfile::tempdir().unwrap();
        let locks = RepositoryLocks::new();
        let limit = Duration::from_secs(5);
        let first = locks.lock(a.path(), limit).await.unwrap();
        let other = locks.lock(b.path(), limit).await.unwrap();
        let waiting = locks.lock(a.path(), limit);
        tokio::pin!(waiting);
        let now = tokio::time::timeout(Duration::from_millis(20), &mut waiting).await;
        assert!(now.is_err(), "the second waits");
        drop(first);
        waiting.await.unwrap();
        drop(other);
    }

    #[tokio::test]
    async fn a_child_keeps_the_lock_after_its_parent_dropped_it() {
        let directory = tempfile::tempdir().unwrap();
        let limit = Duration::from_millis(120);
        let lock = GitLock::acquire(directory.path(), limit).await.unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("300")
            .stdin(lock.as_stdin().unwrap())
            .spawn()
            .unwrap();
        drop(lock);
        let busy = GitLock::acquire(directory.path(), limit).await;
        assert!(matches!(busy, Err(WorkspaceError::Busy { .. })));
        child.kill().unwrap();
        child.wait().unwrap();
        GitLock::acquire(directory.path(), limit).await.unwrap();
    }
}
