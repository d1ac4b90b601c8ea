//! Gives a session its worktree back when the folder has gone: on the branch it had, with what git
//! still knows of it (index, a rebase in progress). For relaunching.

use std::fs;
use std::path::Path;

use super::WorkspaceError;
use super::add::{fill, register};
use super::branch::checked_out;
use super::git::Git;
use super::inspect::gone_from;
use super::locks::RepositoryLocks;
use super::registration::{Registration, at_path, of_spec};
use super::repository::open;
use super::spec::WorktreeSpec;
use super::undo::gone;
use crate::config::create_private_dir;

/// What had to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reattached {
    /// Nothing: it is there.
    Present,
    /// The folder was filled again from the worktree's own index; HEAD is as it was.
    Restored,
    /// git knew nothing of it any more: it was made anew at its branch's tip.
    Remade,
}

/// Makes sure that the session's worktree is there. What was not committed or staged when the
/// folder went is not in it. Only our own registration is repaired; no other is looked at twice.
///
/// # Errors
/// When the branch is gone or checked out elsewhere, something else is at the path, or git fails.
pub async fn reattach(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
) -> Result<Reattached, WorkspaceError> {
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    let present = !gone_from(&spec.path)?;
    match of_spec(&spec.common_dir, spec)? {
        Some(ours) if present && ours.is_at(&spec.path) && spec.path.join(".git").exists() => {
            if ours.is_sealed() || ours.admin.join("index").exists() {
                return Ok(Reattached::Present);
            }
            // Made anew, and ended before it was filled.
            fill(git, &spec.path, &ours, RESET).await?;
            Ok(Reattached::Remade)
        }
        _ if present => Err(WorkspaceError::PathTaken(spec.path.clone())),
        Some(ours) if ours.is_marked() && ours.is_at(&spec.path) => {
            restore(git, spec, &ours).await?;
            Ok(Reattached::Restored)
        }
        Some(ours) => {
            let why = "its registration is half made or for another place";
            Err(WorkspaceError::NotOurs { path: ours.admin, why })
        }
        None => {
            may_be_remade(spec)?;
            create_private_dir(spec.path.parent().unwrap_or(&spec.repo_root))?;
            register(git, &lock, spec).await?;
            let ours =
                of_spec(&spec.common_dir, spec)?.ok_or_else(|| super::add::not_registered(spec))?;
            fill(git, &spec.path, &ours, RESET).await?;
            Ok(Reattached::Remade)
        }
    }
}

const RESET: &[&str] = &["reset", "--hard", "--quiet", "--no-recurse-submodules"];

/// Fills a folder beside the place and moves it there when it is complete, so that a crash leaves
/// the worktree missing and never half there.
async fn restore(
    git: &Git,
    spec: &WorktreeSpec,
    ours: &Registration,
) -> Result<(), WorkspaceError> {
    let beside = spec.path.with_file_name(format!(".{}-{}.restored", spec.session, spec.nonce));
    create_private_dir(spec.path.parent().unwrap_or(&spec.repo_root))?;
    gone(fs::remove_dir_all(&beside), &beside)?;
    fs::create_dir(&beside).map_err(WorkspaceError::io("create", &beside))?;
    let filled = refill(git, &beside, ours).await;
    let moved = filled.and_then(|()| {
        fs::rename(&beside, &spec.path).map_err(WorkspaceError::io("move into place", &beside))
    });
    if moved.is_err() {
        // The next attempt begins with removing it; the first error is the one to tell.
        let _ = fs::remove_dir_all(&beside);
    }
    moved
}

async fn refill(git: &Git, folder: &Path, ours: &Registration) -> Result<(), WorkspaceError> {
    let admin = utf8(&ours.admin)?;
    let (git_dir, work_tree) = (format!("--git-dir={admin}"), "--work-tree=.");
    // What was staged is worth more than a clean start; without an index there is only the branch.
    let staged: &[&str] = &["checkout-index", "--all", "--force", "--index", "--quiet"];
    let how = if ours.admin.join("index").exists() { staged } else { RESET };
    fill(git, folder, ours, &[&[git_dir.as_str(), work_tree], how].concat()).await?;
    let pointer = folder.join(".git");
    fs::write(&pointer, format!("gitdir: {admin}\n")).map_err(WorkspaceError::io("write", &pointer))
}

fn may_be_remade(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let repository = open(&spec.repo_root)?;
    if repository.find_branch(&spec.branch, git2::BranchType::Local).is_err() {
        return Err(WorkspaceError::NoSuchBranch(spec.branch.clone()));
    }
    if let Some(at) = checked_out(&repository, &spec.branch)? {
        return Err(WorkspaceError::BranchCheckedOut { branch: spec.branch.clone(), at });
    }
    if let Some(other) = at_path(&spec.common_dir, &spec.path)? {
        let why = "another worktree is registered there";
        return Err(WorkspaceError::NotOurs { path: other.admin, why });
    }
    Ok(())
}

fn utf8(path: &Path) -> Result<&str, WorkspaceError> {
    path.to_str().ok_or_else(|| {
        WorkspaceError::io("name", path)(std::io::Error::from(std::io::ErrorKind::InvalidFilename))
    })
}
