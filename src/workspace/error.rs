//! What goes wrong with repositories and worktrees.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Failures of this module; each reads after "failed to …: ".
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Nothing is there.
    #[error("{0:?} does not exist")]
    MissingPath(PathBuf),
    /// Neither it nor a folder above it is a repository.
    #[error("{0:?} is not in a git repository")]
    NotARepository(PathBuf),
    /// The main repository has no checkout.
    #[error("{0:?} is a bare repository: it has no main checkout")]
    Bare(PathBuf),
    /// Nothing is committed yet.
    #[error("{0:?} has no commit yet")]
    UnbornHead(PathBuf),
    /// There is no local branch of that name.
    #[error("there is no local branch {0:?}")]
    NoSuchBranch(String),
    /// It follows no branch of a remote.
    #[error("the branch {0:?} follows no branch of a remote")]
    NoUpstream(String),
    /// HEAD is detached and no usual default branch exists.
    #[error("no default branch can be told in {0:?}: HEAD is detached")]
    NoDefaultBranch(PathBuf),
    /// The repository uses a format that cannot be read here.
    #[error("{path:?} uses git's {extension} extension, which is not supported")]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// As in `extensions.<name>`.
        extension: String,
    },
    /// git refuses repositories of other users unless told to trust them.
    #[error("{0:?} belongs to another user and is not in git's safe.directory")]
    ForeignRepository(PathBuf),
    /// Not a name for a branch.
    #[error("{name:?} cannot be a branch: {why}")]
    BadBranchName {
        /// The name.
        name: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A new branch was to be made.
    #[error("the branch {0:?} exists already")]
    BranchExists(String),
    /// A branch can be checked out once only.
    #[error("the branch {branch:?} is checked out at {at:?}")]
    BranchCheckedOut {
        /// The branch.
        branch: String,
        /// The worktree that has it.
        at: PathBuf,
    },
    /// Sessions do not work on the default branch.
    #[error("{0:?} is the default branch")]
    DefaultBranch(String),
    /// What to start from is no commit.
    #[error("{0:?} names no commit")]
    NoSuchBase(String),
    /// Something is where the worktree would go.
    #[error("{0:?} exists already")]
    PathTaken(PathBuf),
    /// What is there was not made for this session, and is left alone.
    #[error("{path:?} is left alone: {why}")]
    NotOurs {
        /// The worktree or its folder in the repository.
        path: PathBuf,
        /// How that is known.
        why: &'static str,
    },
    /// An agent may have worked there: undoing is not for it any more.
    #[error("{0:?} has been handed to an agent and is not removed")]
    Sealed(PathBuf),
    /// The branch holds more than it started with.
    #[error("the worktree {0:?} has moved on from its base and is not removed")]
    HasCommits(PathBuf),
    /// The checkout is not what its base says.
    #[error("{path:?} is not a complete, clean checkout: {count} differences, first {first}")]
    Incomplete {
        /// The worktree.
        path: PathBuf,
        /// How many paths differ.
        count: usize,
        /// One of them, with its state.
        first: String,
    },
    /// HEAD is not the branch at its base.
    #[error("{path:?} is at {found}, not at {expected}")]
    WrongHead {
        /// The worktree.
        path: PathBuf,
        /// Branch and commit there.
        found: String,
        /// Branch and commit there should be.
        expected: String,
    },
    /// It was not looked at in full: nothing of it may go.
    #[error("the worktree was not looked at in full")]
    NotScanned,
    /// It changed between the look and the removal.
    #[error("{path:?} changed while it was being removed, and is kept: {what}")]
    Changed {
        /// The worktree.
        path: PathBuf,
        /// What is different.
        what: String,
    },
    /// What was written is not found again.
    #[error("{0} does not hold what was written to it")]
    NotPreserved(String),
    /// There is nothing to bring back.
    #[error("nothing is preserved in {0:?}")]
    NothingPreserved(PathBuf),
    /// Another process is changing it.
    #[error("{path:?} is still held by another git process after {waited:?}")]
    Busy {
        /// The lock.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// There is no git.
    #[error("git is not on PATH")]
    GitMissing,
    /// git failed; its own words.
    #[error("git {command}: {words}")]
    Git {
        /// The subcommand.
        command: String,
        /// What it wrote to standard error, cut.
        words: String,
    },
    /// git did not end in time and was killed.
    #[error("git {command} did not end within {after:?} and was killed")]
    Deadline {
        /// The subcommand.
        command: String,
        /// The time it had.
        after: Duration,
    },
    /// libgit2 could not read something.
    #[error("read the repository: {}", .0.message())]
    Read(#[from] git2::Error),
    /// The system refused.
    #[error("{action} {path:?}: {source}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A private file or directory could not be written.
    #[error(transparent)]
    Private(#[from] crate::config::ConfigError),
    /// A thread of this process panicked; a bug.
    #[error("a task of this process ended early")]
    Task(#[from] tokio::task::JoinError),
}

impl WorkspaceError {
    /// For `map_err` on file operations.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
