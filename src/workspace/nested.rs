//! Repositories within a worktree: what a folder's `.git` says about it.

use std::fs;
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::pointer::LONGEST;
use crate::config::read_regular_text;

/// A folder that is a checkout of its own, taken as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opaque {
    /// A submodule whose git directory is in ours.
    Submodule,
    /// A repository of its own.
    Repository,
    /// A linked worktree of any repository, or a repository that has linked worktrees: something
    /// outside knows its place.
    Worktree,
}

/// What the folder is, if it has a `.git`. `admin` is the git directory of the worktree around it.
pub(super) fn look(folder: &Path, admin: &Path) -> Result<Option<Opaque>, WorkspaceError> {
    let dot_git = folder.join(".git");
    let metadata = match dot_git.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(WorkspaceError::io("look at", dot_git)(e)),
    };
    if !metadata.is_file() {
        let linked =
            fs::read_dir(dot_git.join("worktrees")).is_ok_and(|mut all| all.next().is_some());
        return Ok(Some(if linked { Opaque::Worktree } else { Opaque::Repository }));
    }
    let text = read_regular_text(&dot_git, LONGEST).unwrap_or_default();
    let Some(target) = text.trim_end().strip_prefix("gitdir: ") else {
        return Ok(Some(Opaque::Repository));
    };
    let target = resolve(folder, Path::new(target));
    let submodule =
        admin.canonicalize().is_ok_and(|admin| target.starts_with(admin.join("modules")));
    if submodule {
        return Ok(Some(Opaque::Submodule));
    }
    // Only a linked worktree's git directory names the one it shares.
    let linked = target.join("commondir").exists();
    Ok(Some(if linked { Opaque::Worktree } else { Opaque::Repository }))
}

fn resolve(folder: &Path, target: &Path) -> PathBuf {
    let full = folder.join(target);
    full.canonicalize().unwrap_or(full)
}
