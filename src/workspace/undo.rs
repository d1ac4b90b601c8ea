//! Takes back what was made for a spec, as far as it got, and nothing else. For worktrees that no
//! agent has been let into; can be done again at any point, also after a crash in the middle.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::branch::checked_out;
use super::git::Git;
use super::locks::{GitLock, RepositoryLock, RepositoryLocks};
use super::pointer::git_dir;
use super::registration::{Registration, of_spec};
use super::repository::open;
use super::spec::WorktreeSpec;

/// What was there and is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// A worktree, or its registration.
    pub worktree: bool,
    /// The branch.
    pub branch: bool,
}

/// Removes the worktree that carries this spec's nonce and the branch that was made for it, if
/// that is still where it began. What was not made for this spec is not touched; that nothing is
/// there is no error.
///
/// # Errors
/// When the worktree is sealed or has moved on from its base, an earlier git still works on it,
/// or files cannot be removed. Nothing has been removed in the first two cases.
pub async fn undo(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
) -> Result<Undone, WorkspaceError> {
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    undo_locked(git, &lock, spec).await
}

/// [`undo`] for a caller that has the repository's lock.
pub(super) async fn undo_locked(
    git: &Git,
    lock: &RepositoryLock,
    spec: &WorktreeSpec,
) -> Result<Undone, WorkspaceError> {
    let registered = of_spec(&spec.common_dir, spec)?;
    let worktree = registered.is_some();
    if let Some(registered) = registered {
        if registered.is_sealed() {
            return Err(WorkspaceError::Sealed(spec.path.clone()));
        }
        if has_moved_on(spec, &registered)? {
            return Err(WorkspaceError::HasCommits(spec.path.clone()));
        }
        // A git that outlived its supervisor may still be writing files.
        let quiet = GitLock::acquire(&registered.admin, git.deadlines().change).await?;
        let at = spec.clone();
        let removal = move || remove_files(&at, &registered);
        tokio::task::spawn_blocking(removal).await??;
        drop(quiet);
    }
    let branch = is_our_branch(spec)?;
    if branch {
        let reference = spec.reference();
        // Compared by git once more as it deletes.
        let arguments = ["update-ref", "--no-deref", "-d", &reference, &spec.base];
        git.change(&spec.repo_root, &arguments, &lock.file).await?;
    }
    Ok(Undone { worktree, branch })
}

/// Whether the worktree's HEAD is anywhere else than where it was put.
fn has_moved_on(spec: &WorktreeSpec, registered: &Registration) -> Result<bool, WorkspaceError> {
    let text = match fs::read_to_string(registered.admin.join("HEAD")) {
        Ok(text) => text,
        // git had not come that far.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(WorkspaceError::io("read", registered.admin.join("HEAD"))(e)),
    };
    let head = text.trim_end();
    let placeholder = head.bytes().all(|b| b == b'0');
    if placeholder || head == spec.base {
        return Ok(false);
    }
    if head.strip_prefix("ref: ") != Some(&spec.reference()) {
        return Ok(true);
    }
    let repository = open(&spec.repo_root)?;
    match repository.find_reference(&spec.reference()) {
        Ok(branch) => Ok(branch.target().is_none_or(|t| t.to_string() != spec.base)),
        Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Removes the checkout, then its registration. The registration is what later attempts know the
/// checkout by, so it goes last, and its lock with our nonce last of all.
fn remove_files(spec: &WorktreeSpec, registered: &Registration) -> Result<(), WorkspaceError> {
    let aside = aside(spec);
    if is_checkout_of(&spec.path, registered) {
        // Half-removed it would not be known as ours any more.
        fs::rename(&spec.path, &aside).map_err(WorkspaceError::io("move aside", &spec.path))?;
    } else if registered.is_at(&spec.path) {
        // git makes the folder before it writes anything into it. With content: not git's.
        let _ = fs::remove_dir(&spec.path);
    }
    gone(fs::remove_dir_all(&aside), &aside)?;
    remove_registration(&registered.admin)
}

/// Removes a worktree's git directory; the lock with our nonce, by which a later attempt knows it,
/// goes last.
pub(super) fn remove_registration(admin: &Path) -> Result<(), WorkspaceError> {
    for entry in fs::read_dir(admin).map_err(WorkspaceError::io("list", admin))? {
        let entry = entry.map_err(WorkspaceError::io("list", admin))?;
        if entry.file_name() == "locked" {
            continue;
        }
        let path = entry.path();
        let folder = entry.file_type().is_ok_and(|t| t.is_dir());
        gone(if folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }, &path)?;
    }
    gone(fs::remove_dir_all(admin), admin)?;
    forget_last(admin);
    Ok(())
}

/// As git does after the last worktree: the folder of all goes with it.
pub(super) fn forget_last(admin: &Path) {
    if let Some(all) = admin.parent() {
        // It fails while there are others.
        let _ = fs::remove_dir(all);
    }
}

/// Where the checkout is while it is removed: beside its place, which is on the same file system.
fn aside(spec: &WorktreeSpec) -> PathBuf {
    spec.path.with_file_name(format!(".{}-{}.undone", spec.session, spec.nonce))
}

/// Whether the folder at `path` says itself that it is the checkout of this registration.
pub(super) fn is_checkout_of(path: &Path, registered: &Registration) -> bool {
    git_dir(path).is_some_and(|admin| {
        admin == registered.admin
            || admin.canonicalize().ok() == registered.admin.canonicalize().ok()
    })
}

/// A removal that finds nothing has succeeded.
pub(super) fn gone(result: io::Result<()>, path: &Path) -> Result<(), WorkspaceError> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(WorkspaceError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Whether the branch was made for this spec and nothing has happened to it since: its reflog has
/// one entry, ours, and nobody has it checked out.
fn is_our_branch(spec: &WorktreeSpec) -> Result<bool, WorkspaceError> {
    let repository = open(&spec.repo_root)?;
    let target = match repository.find_reference(&spec.reference()) {
        Ok(branch) => branch.target().map(|t| t.to_string()),
        Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(false),
        Err(e) => return Err(e.into()),
    };
    if target.as_deref() != Some(&spec.base) {
        return Ok(false);
    }
    let log = repository.reflog(&spec.reference())?;
    let first = log.get(0).filter(|_| log.len() == 1);
    let ours = first.is_some_and(|entry| {
        entry.message_bytes() == Some(spec.lock_reason().as_bytes())
            && entry.id_new().to_string() == spec.base
    });
    Ok(ours && checked_out(&repository, &spec.branch)?.is_none())
}
