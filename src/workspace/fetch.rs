//! Brings in what a branch follows at its remote, where a person asks for it: nothing else here
//! uses the network. Called before a spawn.

use std::path::Path;

use git2::{BranchType, Repository};

use super::WorkspaceError;
use super::git::Git;
use super::repository::open;

/// Fetches what the local branch `branch` follows, and returns the name to branch from:
/// `refs/remotes/…`. The local branch stays where it is. Takes as long as the network does, within
/// the deadline for changes.
///
/// # Errors
/// [`WorkspaceError::NoUpstream`]; git's own words when the remote cannot be had.
pub async fn fetch(git: &Git, root: &Path, branch: &str) -> Result<String, WorkspaceError> {
    let (at, name) = (root.to_owned(), branch.to_owned());
    let found = tokio::task::spawn_blocking(move || upstream(&at, &name)).await?;
    let Upstream { remote, reference, tracking } = found?;
    let arguments = ["fetch", "--quiet", "--no-tags", "--", &remote, &reference];
    git.network(root, &arguments).await?;
    Ok(tracking)
}

/// What a branch follows.
struct Upstream {
    remote: String,
    /// Its name at the remote.
    reference: String,
    /// Its name here.
    tracking: String,
}

fn upstream(root: &Path, branch: &str) -> Result<Upstream, WorkspaceError> {
    let repository = open(root)?;
    repository
        .find_branch(branch, BranchType::Local)
        .map_err(|_| WorkspaceError::NoSuchBranch(branch.to_owned()))?;
    followed(&repository, branch).ok_or_else(|| WorkspaceError::NoUpstream(branch.to_owned()))
}

fn followed(repository: &Repository, branch: &str) -> Option<Upstream> {
    let name = format!("refs/heads/{branch}");
    let remote = repository.branch_upstream_remote(&name).ok()?.as_str().ok()?.to_owned();
    let tracking = repository.branch_upstream_name(&name).ok()?.as_str().ok()?.to_owned();
    let config = repository.config().ok()?;
    let reference = config.get_string(&format!("branch.{branch}.merge")).ok()?;
    Some(Upstream { remote, reference, tracking })
}
