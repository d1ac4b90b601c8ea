//! Which branch sessions start from when nobody says.

use std::path::Path;

use git2::{BranchType, Repository};

use super::WorkspaceError;
use super::repository::Head;

/// The explicit one; else the local branch that `origin/HEAD` names; else `main`, `master`; else
/// the branch that HEAD is on.
pub(super) fn choose(
    repository: &Repository,
    root: &Path,
    head: &Head,
    explicit: Option<&str>,
) -> Result<String, WorkspaceError> {
    let exists = |name: &str| repository.find_branch(name, BranchType::Local).is_ok();
    if let Some(name) = explicit {
        if exists(name) {
            return Ok(name.to_owned());
        }
        return Err(match head {
            Head::Unborn if is_empty(repository) => WorkspaceError::UnbornHead(root.to_owned()),
            _ => WorkspaceError::NoSuchBranch(name.to_owned()),
        });
    }
    let usual = ["main", "master"].map(str::to_owned);
    if let Some(name) = remote_default(repository).into_iter().chain(usual).find(|n| exists(n)) {
        return Ok(name);
    }
    match head {
        Head::Branch { name, .. } => Ok(name.clone()),
        Head::Detached { .. } => Err(WorkspaceError::NoDefaultBranch(root.to_owned())),
        Head::Unborn => Err(WorkspaceError::UnbornHead(root.to_owned())),
    }
}

/// The name behind `origin/HEAD`, as it was when the repository was cloned.
fn remote_default(repository: &Repository) -> Option<String> {
    let reference = repository.find_reference("refs/remotes/origin/HEAD").ok()?;
    let target = reference.symbolic_target().ok()??;
    target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
}

fn is_empty(repository: &Repository) -> bool {
    repository.branches(Some(BranchType::Local)).is_ok_and(|mut all| all.next().is_none())
}
