//! The file `.git` of a worktree, which points to the worktree's own git directory.

use std::path::{Path, PathBuf};

use crate::config::read_regular_text;

/// Longer in bytes than any path with the word before it.
pub(super) const LONGEST: u64 = 8192;

/// Where the worktree says that its git directory is; `None` if it does not say so.
#[must_use]
pub fn git_dir(worktree: &Path) -> Option<PathBuf> {
    let pointer = read_regular_text(&worktree.join(".git"), LONGEST).ok()?;
    pointer.trim_end().strip_prefix("gitdir: ").map(PathBuf::from)
}
