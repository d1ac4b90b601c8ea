//! What a session's worktree is like now, for views and before anything is done with it.

use std::path::Path;

use git2::Oid;

use super::WorkspaceError;
use super::git::Git;
use super::mark::{Mark, Marked};
use super::repository::{Head, head};
use super::status::is_dirty;

/// What is at a worktree's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeFacts {
    /// Something is there.
    pub exists: bool,
    /// Whose it is, if its mark can be read. Compare session and nonce before acting on it.
    pub mark: Option<Mark>,
    /// The branch that it is on.
    pub branch: Option<String>,
    /// The commit that it is at, in hexadecimal.
    pub head: Option<String>,
    /// Whether it has changes or untracked files; `None`: not known (missing, or git did not
    /// answer in time).
    pub dirty: Option<bool>,
    /// Commits that its HEAD has and the base has not; `None`: not known.
    pub commits_ahead: Option<usize>,
    /// The newest of those commits, newest first, at most [`COMMITS`].
    pub commits: Vec<CommitFacts>,
}

/// Commits that are listed one by one.
pub const COMMITS: usize = 50;

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id, in hexadecimal.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
}

/// Looks at a worktree; `base` is the commit it began at, in hexadecimal. What cannot be found out
/// is `None`, never guessed.
///
/// # Errors
/// When not even the folder can be looked at.
pub async fn inspect_worktree(
    git: &Git,
    path: &Path,
    base: &str,
) -> Result<WorktreeFacts, WorkspaceError> {
    let (at, base) = (path.to_owned(), base.to_owned());
    let mut facts = tokio::task::spawn_blocking(move || read_facts(&at, &base)).await??;
    if facts.head.is_some() {
        facts.dirty = is_dirty(git, path).await;
    }
    Ok(facts)
}

fn read_facts(path: &Path, base: &str) -> Result<WorktreeFacts, WorkspaceError> {
    let mut facts = WorktreeFacts {
        exists: !gone_from(path)?,
        mark: None,
        branch: None,
        head: None,
        dirty: None,
        commits_ahead: None,
        commits: Vec::new(),
    };
    // Not discovered: a worktree that lost its `.git` is no part of a repository around it.
    let Ok(repository) = git2::Repository::open(path) else { return Ok(facts) };
    if let Marked::Yes(mark) = Mark::read(repository.path()) {
        facts.mark = Some(mark);
    }
    match head(&repository) {
        Ok(Head::Branch { name, commit }) => {
            facts.branch = Some(name);
            facts.head = Some(commit);
        }
        Ok(Head::Detached { commit }) => facts.head = Some(commit),
        Ok(Head::Unborn) | Err(_) => {}
    }
    let ends = facts.head.as_deref().map(Oid::from_str).zip(Some(Oid::from_str(base)));
    if let Some((Ok(head), Ok(base))) = ends {
        facts.commits_ahead = repository.graph_ahead_behind(head, base).ok().map(|(a, _)| a);
        facts.commits = commits(&repository, head, base).unwrap_or_default();
    }
    Ok(facts)
}

/// What `head` has and `base` has not, newest first.
fn commits(
    repository: &git2::Repository,
    head: Oid,
    base: Oid,
) -> Result<Vec<CommitFacts>, git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
    walk.push(head)?;
    walk.hide(base)?;
    walk.take(COMMITS)
        .map(|id| {
            let commit = repository.find_commit(id?)?;
            let summary = commit.summary_bytes().unwrap_or_default();
            let subject = String::from_utf8_lossy(summary).into_owned();
            Ok(CommitFacts { id: commit.id().to_string(), subject })
        })
        .collect()
}

/// Whether nothing is at a path, not even a dangling link.
pub(super) fn gone_from(path: &Path) -> Result<bool, WorkspaceError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(false),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(WorkspaceError::io("look at", path)(e)),
    }
}
