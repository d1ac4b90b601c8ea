//! When somebody last committed in a worktree.

use std::path::Path;

use super::WorkspaceError;
use crate::model::ids::Timestamp;

/// The moment, in whole seconds, of the commit that the worktree's HEAD is at; nothing when it is
/// still at `base` (hexadecimal), or there is nothing to read.
///
/// # Errors
/// Only when the work was cut off.
pub async fn last_commit(
    worktree: &Path,
    base: Option<&str>,
) -> Result<Option<Timestamp>, WorkspaceError> {
    let (path, base) = (worktree.to_owned(), base.map(str::to_owned));
    Ok(tokio::task::spawn_blocking(move || read(&path, base.as_deref()).ok().flatten()).await?)
}

fn read(path: &Path, base: Option<&str>) -> Result<Option<Timestamp>, git2::Error> {
    // Not discovered: a worktree that lost its `.git` is no part of a repository around it.
    let repository = git2::Repository::open(path)?;
    let commit = repository.head()?.peel_to_commit()?;
    if base.is_some_and(|base| base == commit.id().to_string()) {
        return Ok(None);
    }
    Ok(Some(Timestamp(commit.time().seconds().saturating_mul(1000))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_after_the_base_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last_commit(folder.path(), None).await.unwrap(), None, "no repository");
        let repository = git2::Repository::init(folder.path()).unwrap();
        let when = git2::Time::new(1_700_000_000, 0);
        let author = git2::Signature::new("a", "a@example.org", &when).unwrap();
        let tree = repository.find_tree(repository.index().unwrap().write_tree().unwrap()).unwrap();
        let base = repository.commit(Some("HEAD"), &author, &author, "1", &tree, &[]).unwrap();
        let base = base.to_string();
        assert_eq!(last_commit(folder.path(), Some(&base)).await.unwrap(), None);
        let found = last_commit(folder.path(), Some("0")).await.unwrap();
        assert_eq!(found, Some(Timestamp(1_700_000_000_000)));
    }
}
