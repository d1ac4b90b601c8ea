//! Makes a session's worktree, in steps that a saga journals one by one: [`create`] registers it
//! empty, [`check_out`] fills it, [`super::verify`] looks at the result, [`seal`] says that an
//! agent is let in. Until then [`super::undo`] takes everything back.

use std::fs;
use std::path::Path;

use super::WorkspaceError;
use super::git::Git;
use super::locks::{GitLock, RepositoryLock, RepositoryLocks};
use super::pointer::git_dir;
use super::registration::{Registration, at_path, of_spec};
use super::repository::open;
use super::spec::{WorktreeSpec, free_path};
use super::undo::{gone, undo_locked};
use super::verify::{Verified, verify};
use crate::config::create_private_dir;

/// All steps but the last one; what a failed step leaves is undone.
///
/// # Errors
/// As the steps; the error of undoing, if that fails too, is only logged.
pub async fn add(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
) -> Result<Verified, WorkspaceError> {
    let made = async {
        create(git, locks, spec).await?;
        check_out(git, spec).await?;
        verify(git, spec).await
    };
    let result = made.await;
    if result.is_err()
        && let Err(left) = super::undo::undo(git, locks, spec).await
    {
        tracing::warn!(path = %spec.path.display(), error = %left, "worktree left half made");
    }
    result
}

/// Makes the branch and registers the worktree, empty, locked and marked. Done again after a
/// crash, it finishes or begins anew. If it fails, nothing of it is left.
///
/// # Errors
/// When branch or path are taken meanwhile, or git fails; git's own words then.
pub async fn create(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
) -> Result<(), WorkspaceError> {
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    if of_spec(&spec.common_dir, spec)?.is_some_and(|there| is_whole(&there, spec)) {
        return Ok(());
    }
    // What an attempt before a crash may have left; usually nothing.
    undo_locked(git, &lock, spec).await?;
    free_branch(spec)?;
    free_path(&spec.path)?;
    let parent = spec.path.parent().unwrap_or(&spec.repo_root);
    create_private_dir(parent)?;
    let made = make(git, &lock, spec).await;
    if made.is_err()
        && let Err(left) = undo_locked(git, &lock, spec).await
    {
        tracing::warn!(path = %spec.path.display(), error = %left, "worktree left half made");
    }
    made
}

async fn make(git: &Git, lock: &RepositoryLock, spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    // Made apart from the worktree, since this fails when the branch exists, whoever made it and
    // whenever, and its reflog tells for ever that it was us.
    let (reason, reference) = (spec.lock_reason(), spec.reference());
    let zeros = "0".repeat(spec.base.len());
    let branch = [
        "update-ref",
        "--no-deref",
        "--create-reflog",
        "-m",
        &reason,
        &reference,
        &spec.base,
        &zeros,
    ];
    git.change(&spec.repo_root, &branch, &lock.file).await?;
    register(git, lock, spec).await
}

/// Registers an empty worktree for a branch that exists.
pub(super) async fn register(
    git: &Git,
    lock: &RepositoryLock,
    spec: &WorktreeSpec,
) -> Result<(), WorkspaceError> {
    let reason = spec.lock_reason();
    let plain =
        ["worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason", &reason, "--"];
    let mut arguments: Vec<std::ffi::OsString> = plain.iter().map(Into::into).collect();
    arguments.push(spec.path.clone().into());
    arguments.push((&spec.branch).into());
    git.change(&spec.repo_root, &arguments, &lock.file).await?;
    let registered = of_spec(&spec.common_dir, spec)?.ok_or_else(|| not_registered(spec))?;
    spec.mark(false).write(&registered.admin)
}

/// Fills the worktree from its branch. Done again, it begins anew: only for a worktree in which
/// nobody has worked.
///
/// # Errors
/// When the worktree is not ours or sealed, or git fails, in time or not.
pub async fn check_out(git: &Git, spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let registered = of_spec(&spec.common_dir, spec)?.ok_or_else(|| not_registered(spec))?;
    if registered.is_sealed() {
        return Err(WorkspaceError::Sealed(spec.path.clone()));
    }
    fill(git, &spec.path, &registered, &["reset", "--hard", "--quiet", "--no-recurse-submodules"])
        .await
}

/// Runs a command that writes the files of a worktree, alone in it but beside other worktrees.
pub(super) async fn fill(
    git: &Git,
    folder: &Path,
    registered: &Registration,
    arguments: &[&str],
) -> Result<(), WorkspaceError> {
    let lock = GitLock::acquire(&registered.admin, git.deadlines().change).await?;
    // With our lock in hand nobody writes this index: the lock file is of a git that was killed.
    let stale = registered.admin.join("index.lock");
    gone(fs::remove_file(&stale), &stale)?;
    git.change(folder, arguments, &lock).await?;
    Ok(())
}

/// Says that an agent is let into the worktree: from now on nothing here removes it. Durable when
/// this returns.
///
/// # Errors
/// When the worktree is not ours or the mark cannot be written.
pub fn seal(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let registered = of_spec(&spec.common_dir, spec)?.ok_or_else(|| not_registered(spec))?;
    spec.mark(true).write(&registered.admin)
}

/// Takes [`seal`] back, so that the worktree can be undone. Only for a launch of which the session
/// host itself has said that no agent was started.
///
/// # Errors
/// As [`seal`].
pub fn unseal(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let registered = of_spec(&spec.common_dir, spec)?.ok_or_else(|| not_registered(spec))?;
    spec.mark(false).write(&registered.admin)
}

/// Whether a registration that is ours got as far as [`create`] goes.
fn is_whole(registered: &Registration, spec: &WorktreeSpec) -> bool {
    let admin = git_dir(&spec.path);
    registered.is_marked()
        && registered.is_at(&spec.path)
        && admin.is_some_and(|a| a == registered.admin)
        && registered.admin.join("HEAD").exists()
}

fn free_branch(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let repository = open(&spec.repo_root)?;
    if repository.find_branch(&spec.branch, git2::BranchType::Local).is_ok() {
        return Err(WorkspaceError::BranchExists(spec.branch.clone()));
    }
    if let Some(other) = at_path(&spec.common_dir, &spec.path)? {
        let why = "another worktree is registered there";
        return Err(WorkspaceError::NotOurs { path: other.admin, why });
    }
    Ok(())
}

pub(super) fn not_registered(spec: &WorktreeSpec) -> WorkspaceError {
    let why = "no worktree with this session's mark is registered";
    WorkspaceError::NotOurs { path: spec.path.clone(), why }
}
