//! Names of branches, and what a branch is to a repository.

use std::path::{Path, PathBuf};

use git2::{BranchType, Repository};

use super::WorkspaceError;
use super::registration::{held_branches, registrations};
use super::repository::{Head, canonical, head, open};

/// Longest name in bytes. A file system's limit is 255 for each part, with `.lock` behind it.
const MAX_NAME: usize = 240;

/// What a name is in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchState {
    /// There is a local branch of that name.
    pub exists: bool,
    /// The checkout that has it, or has it in the middle of a rebase; it may be missing on disk.
    pub checked_out: Option<PathBuf>,
    /// It is the repository's default branch.
    pub is_default: bool,
}

/// Checks git's rules for branch names, and some of our own: nothing that reads as an option or
/// that git's commands take for something else.
///
/// # Errors
/// [`WorkspaceError::BadBranchName`] with the rule it breaks.
pub fn check_branch_name(name: &str) -> Result<(), WorkspaceError> {
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME {
        "it is longer than 240 bytes"
    } else if name.starts_with('-') {
        "it starts with -"
    } else if name == "@" || name == "HEAD" {
        "git takes it for HEAD"
    } else if name == "refs" || name.starts_with("refs/") {
        "it starts with refs/"
    } else if name.chars().any(char::is_control) {
        "it has control characters"
    } else if !git2::Branch::name_is_valid(name).unwrap_or(false) {
        "git does not allow it (see git-check-ref-format)"
    } else {
        return Ok(());
    };
    Err(WorkspaceError::BadBranchName { name: name.to_owned(), why })
}

/// What a branch name is to the repository with this root. Reads the disk: not for a thread that
/// serves requests.
///
/// # Errors
/// When the repository cannot be read.
pub fn branch_state(
    root: &Path,
    default_branch: &str,
    name: &str,
) -> Result<BranchState, WorkspaceError> {
    let repository = open(root)?;
    Ok(BranchState {
        exists: repository.find_branch(name, BranchType::Local).is_ok(),
        checked_out: checked_out(&repository, name)?,
        is_default: name == default_branch,
    })
}

/// The short names of all local branches, those aside that are not UTF-8. Reads the disk: not for
/// a thread that serves requests.
///
/// # Errors
/// When the repository cannot be read.
pub fn local_branches(root: &Path) -> Result<Vec<String>, WorkspaceError> {
    let repository = open(root)?;
    let mut names = Vec::new();
    for branch in repository.branches(Some(BranchType::Local))? {
        let (branch, _) = branch?;
        if let Ok(name) = std::str::from_utf8(branch.name_bytes()?) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The checkout that has a branch.
pub(super) fn checked_out(
    repository: &Repository,
    name: &str,
) -> Result<Option<PathBuf>, WorkspaceError> {
    if let Head::Branch { name: current, .. } = head(repository)?
        && current == name
        && let Some(root) = repository.workdir()
    {
        return Ok(Some(canonical(root)?));
    }
    let main = held_branches(repository.path()).into_iter().any(|held| held == name);
    if main && let Some(root) = repository.workdir() {
        return Ok(Some(canonical(root)?));
    }
    let all = registrations(repository.commondir())?;
    let holds = |r: &super::registration::Registration| {
        held_branches(&r.admin).into_iter().any(|held| held == name)
    };
    Ok(all.into_iter().find(holds).map(|r| r.checkout().unwrap_or(r.admin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_branches() {
        for good in ["worker/shop-1", "a", "é", "a.b", "feature/x-y_z", "HEADs", "refs-x", "a@b"] {
            check_branch_name(good).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn names_that_are_not() {
        let long = "a".repeat(241);
        for bad in [
            "",
            "-x",
            "--upload-pack=x",
            "@",
            "HEAD",
            "refs/heads/x",
            "refs",
            "a..b",
            "a.lock",
            "/a",
            "a/",
            "a//b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a@{1}",
            ".a",
            "a/.b",
            "a\n",
            "a\0b",
            "a.",
            "../x",
            "\u{1b}[31m",
            &long,
        ] {
            let refused = check_branch_name(bad);
            assert!(matches!(refused, Err(WorkspaceError::BadBranchName { .. })), "{bad:?}");
        }
    }
}
