//! The file `.git` of a worktree, which points to the worktree's own git directory.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the worktree says that its git directory is; `None` if it does not say so.
#[must_use]
pub fn git_dir(worktree: &Path) -> Option<PathBuf> {
    let pointer = fs::read_to_string(worktree.join(".git")).ok()?;
    pointer.trim_end().strip_prefix("gitdir: ").map(PathBuf::from)
}
