//! Is a fresh worktree what its base says? A checkout that was killed looks like hundreds of
//! deletions, and an agent would commit them: none is started before this has said yes.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::WorkspaceError;
use super::add::not_registered;
use super::git::Git;
use super::registration::of_spec;
use super::repository::{Head, head};
use super::spec::WorktreeSpec;
use super::status::{Change, changes};

/// A worktree that holds exactly its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Files that have the committed bytes but that git calls modified all the same: committed
    /// past a filter (line endings, large files). The agent will see them as changes.
    pub unnormalised: usize,
}

/// Checks that the worktree is ours, on its branch at its base, complete and clean.
///
/// # Errors
/// With what is not as it should be; changes nothing.
pub async fn verify(git: &Git, spec: &WorktreeSpec) -> Result<Verified, WorkspaceError> {
    let registered = of_spec(&spec.common_dir, spec)?.ok_or_else(|| not_registered(spec))?;
    if !registered.is_marked() || !registered.is_at(&spec.path) {
        return Err(not_registered(spec));
    }
    let at = spec.clone();
    tokio::task::spawn_blocking(move || check_head(&at)).await??;
    let changes = changes(git, &spec.path).await?;
    let path = spec.path.clone();
    tokio::task::spawn_blocking(move || judge(&path, &changes)).await?
}

fn check_head(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    let repository = git2::Repository::open(&spec.path)?;
    let found = match head(&repository)? {
        Head::Branch { name, commit } if name == spec.branch && commit == spec.base => {
            return Ok(());
        }
        Head::Branch { name, commit } => format!("{name} {commit}"),
        Head::Detached { commit } => format!("no branch, {commit}"),
        Head::Unborn => "a branch without a commit".to_owned(),
    };
    let expected = format!("{} {}", spec.branch, spec.base);
    Err(WorkspaceError::WrongHead { path: spec.path.clone(), found, expected })
}

fn judge(checkout: &Path, changes: &[Change]) -> Result<Verified, WorkspaceError> {
    let wrong: Vec<&Change> =
        changes.iter().filter(|c| !has_committed_bytes(checkout, c)).collect();
    match wrong.first() {
        None => Ok(Verified { unnormalised: changes.len() }),
        Some(first) => Err(WorkspaceError::Incomplete {
            path: checkout.to_owned(),
            count: wrong.len(),
            first: first.describe(),
        }),
    }
}

/// Whether a file that git calls modified is byte for byte what was committed.
fn has_committed_bytes(checkout: &Path, change: &Change) -> bool {
    let Change::Ordinary { states, mode_head, mode_file, blob, path } = change else {
        return false;
    };
    let file = checkout.join(std::ffi::OsStr::from_bytes(path));
    let hash = || git2::Oid::hash_file(git2::ObjectType::Blob, &file);
    states == ".M" && mode_head == mode_file && hash().is_ok_and(|hash| hash.to_string() == *blob)
}
