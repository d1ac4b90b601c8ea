//! What a worktree is to be, decided and checked before anything is changed. The services journal
//! a [`WorktreeSpec`] before they act on it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use super::branch::{check_branch_name, checked_out};
use super::mark::Mark;
use super::repository::{canonical, open};
use crate::model::ids::{ProjectId, SessionId};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct WorktreeRequest {
    /// The main checkout.
    pub repo_root: PathBuf,
    /// The project's default branch: where a session starts without a base, and which none takes.
    pub default_branch: String,
    /// Where the worktree goes; nothing may be there.
    pub path: PathBuf,
    /// The new branch.
    pub branch: String,
    /// What to start from: anything that names a commit; `None`: the default branch.
    pub base: Option<String>,
    /// Whose it is.
    pub session: SessionId,
    /// That session's project.
    pub project: ProjectId,
}

/// A worktree to be made, or made. Everything about it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeSpec {
    /// The main checkout.
    pub repo_root: PathBuf,
    /// The git directory that all worktrees share.
    pub common_dir: PathBuf,
    /// Where the worktree goes.
    pub path: PathBuf,
    /// Its branch.
    pub branch: String,
    /// The commit it starts from, in hexadecimal.
    pub base: String,
    /// Whose it is.
    pub session: SessionId,
    /// That session's project.
    pub project: ProjectId,
    /// Tells what was made for this spec from everything else.
    pub nonce: String,
}

impl WorktreeSpec {
    /// What the worktree's lock says, and the reflog of its branch.
    pub(super) fn lock_reason(&self) -> String {
        format!("ao:{} {}", self.session, self.nonce)
    }

    /// The branch's full name.
    pub(super) fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The mark for its git directory.
    pub(super) fn mark(&self, sealed: bool) -> Mark {
        Mark {
            version: 1,
            session: self.session.clone(),
            project: self.project.clone(),
            nonce: self.nonce.clone(),
            sealed,
        }
    }
}

/// A nonce: 16 random hexadecimal digits.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_nonce() -> Result<String, WorkspaceError> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|e| {
        WorkspaceError::io("read", "random numbers")(std::io::Error::other(e.to_string()))
    })?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// Checks a request and decides everything that is open in it. Changes nothing. Reads the disk:
/// not for a thread that serves requests.
///
/// # Errors
/// When the branch cannot be one, exists, is checked out or is the default branch; the base names
/// no commit; something is at the path; the repository cannot be read.
pub fn prepare(request: WorktreeRequest, nonce: String) -> Result<WorktreeSpec, WorkspaceError> {
    check_branch_name(&request.branch)?;
    if request.branch == request.default_branch {
        return Err(WorkspaceError::DefaultBranch(request.branch));
    }
    let repository = open(&request.repo_root)?;
    if let Some(at) = checked_out(&repository, &request.branch)? {
        return Err(WorkspaceError::BranchCheckedOut { branch: request.branch, at });
    }
    if repository.find_branch(&request.branch, git2::BranchType::Local).is_ok() {
        return Err(WorkspaceError::BranchExists(request.branch));
    }
    let base = match &request.base {
        Some(base) => commit(&repository, base)?,
        None => commit(&repository, &format!("refs/heads/{}", request.default_branch))
            .map_err(|_| WorkspaceError::NoSuchBranch(request.default_branch.clone()))?,
    };
    free_path(&request.path)?;
    Ok(WorktreeSpec {
        repo_root: canonical(&request.repo_root)?,
        common_dir: canonical(repository.commondir())?,
        path: request.path,
        branch: request.branch,
        base,
        session: request.session,
        project: request.project,
        nonce,
    })
}

/// The commit, in hexadecimal, that a base names. Reads the disk: not for a thread that serves
/// requests.
///
/// # Errors
/// [`WorkspaceError::NoSuchBase`], or when the repository cannot be read.
pub fn resolve_base(root: &Path, base: &str) -> Result<String, WorkspaceError> {
    commit(&open(root)?, base)
}

fn commit(repository: &git2::Repository, name: &str) -> Result<String, WorkspaceError> {
    let object = repository.revparse_single(name).and_then(|o| o.peel_to_commit());
    object.map(|c| c.id().to_string()).map_err(|_| WorkspaceError::NoSuchBase(name.to_owned()))
}

/// Nothing may be at the path, not even a dangling link.
pub(super) fn free_path(path: &Path) -> Result<(), WorkspaceError> {
    match path.symlink_metadata() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(WorkspaceError::io("look at", path)(e)),
        Ok(_) => Err(WorkspaceError::PathTaken(path.to_owned())),
    }
}
