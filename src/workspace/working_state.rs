//! What a working tree is at, for whoever must know whether it is still the same.

use std::path::Path;

use super::WorkspaceError;
use super::git::Git;

/// HEAD's commit, and status and path of each file that differs from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingState {
    /// The commit.
    pub head: String,
    /// Status in git's two letters, and the path; sorted.
    pub entries: Vec<(String, String)>,
}

/// Looks at the working tree at `root`.
///
/// # Errors
/// Git's, and when there is too much to tell.
pub async fn working_state(git: &Git, root: &Path) -> Result<WorkingState, WorkspaceError> {
    let head = git.read(root, &["rev-parse", "HEAD"]).await?;
    let arguments = [
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=none",
        "--no-renames",
    ];
    let status = git.read(root, &arguments).await?;
    if status.cut {
        return Err(WorkspaceError::NotScanned);
    }
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    let mut entries: Vec<(String, String)> = text
        .split('\0')
        .filter(|entry| entry.len() > 3 && entry.is_char_boundary(3))
        .map(|entry| (entry[..2].to_owned(), entry[3..].to_owned()))
        .collect();
    entries.sort();
    let head = String::from_utf8_lossy(&head.stdout).trim().to_owned();
    Ok(WorkingState { head, entries })
}
