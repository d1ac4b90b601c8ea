//! What a repository is like: root, default branch, HEAD. Asked when a project is registered and
//! before a session starts.

use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode};

use super::WorkspaceError;
use super::default_branch;
use super::git::Git;
use super::status::is_dirty;

/// Where HEAD of the main checkout is. Commits are in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// On a branch.
    Branch {
        /// Its short name.
        name: String,
        /// Its tip.
        commit: String,
    },
    /// On no branch.
    Detached {
        /// Where.
        commit: String,
    },
    /// On a branch without a commit.
    Unborn,
}

/// What is known about a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// The main checkout, absolute and without symbolic links.
    pub root: PathBuf,
    /// The git directory that all worktrees share.
    pub common_dir: PathBuf,
    /// The local branch that sessions start from.
    pub default_branch: String,
    /// HEAD of the main checkout.
    pub head: Head,
    /// Whether the main checkout has changes or untracked files; `None` if git did not answer in
    /// time.
    pub uncommitted_changes: Option<bool>,
}

/// Finds the repository that `path` is in, from a folder below it or a linked worktree too, and
/// says what it is like. `default_branch` overrides the rule: the branch that `origin/HEAD` names
/// if there is a local one, else `main`, else `master`, else the one that HEAD is on.
///
/// # Errors
/// When `path` is missing or in no repository, or when that is bare, has no commit, is in a format
/// that is not supported, belongs to somebody else, or has no such default branch.
pub async fn inspect(
    git: &Git,
    path: &Path,
    default_branch: Option<&str>,
) -> Result<RepositoryFacts, WorkspaceError> {
    let path = path.to_owned();
    let explicit = default_branch.map(str::to_owned);
    let read = move || read_facts(&path, explicit.as_deref());
    let mut facts = tokio::task::spawn_blocking(read).await??;
    facts.uncommitted_changes = is_dirty(git, &facts.root).await;
    Ok(facts)
}

fn read_facts(path: &Path, explicit: Option<&str>) -> Result<RepositoryFacts, WorkspaceError> {
    let repository = open(path)?;
    let root = repository.workdir().ok_or_else(|| WorkspaceError::Bare(path.to_owned()))?;
    let root = canonical(root)?;
    let common_dir = canonical(repository.commondir())?;
    let head = head(&repository)?;
    let default_branch = default_branch::choose(&repository, &root, &head, explicit)?;
    Ok(RepositoryFacts { root, common_dir, default_branch, head, uncommitted_changes: None })
}

/// Opens the main repository that `path` is in.
pub(super) fn open(path: &Path) -> Result<git2::Repository, WorkspaceError> {
    if !path.try_exists().map_err(WorkspaceError::io("look at", path))? {
        return Err(WorkspaceError::MissingPath(path.to_owned()));
    }
    let found = git2::Repository::discover(path).map_err(|e| opening_error(path, e))?;
    let main = if found.is_worktree() {
        let common = found.commondir().to_owned();
        git2::Repository::open(&common).map_err(|e| opening_error(&common, e))?
    } else {
        found
    };
    if main.is_bare() {
        return Err(WorkspaceError::Bare(main.path().to_owned()));
    }
    refuse_extensions(&main)?;
    Ok(main)
}

/// Formats that libgit2 opens without being able to read all of it.
fn refuse_extensions(repository: &git2::Repository) -> Result<(), WorkspaceError> {
    let config = repository.config()?.snapshot()?;
    for name in ["partialclone", "refstorage", "objectformat"] {
        let usual = ["files", "sha1"];
        if let Ok(value) = config.get_string(&format!("extensions.{name}"))
            && !usual.contains(&value.as_str())
        {
            let path = repository.path().to_owned();
            return Err(WorkspaceError::Unsupported { path, extension: name.into() });
        }
    }
    Ok(())
}

fn opening_error(path: &Path, error: git2::Error) -> WorkspaceError {
    // libgit2 has no codes of its own for these.
    if error.message().starts_with("unknown object format") {
        let extension = "objectformat".to_owned();
        return WorkspaceError::Unsupported { path: path.to_owned(), extension };
    }
    let unsupported = error.message().strip_prefix("unsupported extension name extensions.");
    if let Some(extension) = unsupported {
        let extension = extension.to_owned();
        return WorkspaceError::Unsupported { path: path.to_owned(), extension };
    }
    match (error.code(), error.class()) {
        (ErrorCode::NotFound, ErrorClass::Repository | ErrorClass::Os) => {
            WorkspaceError::NotARepository(path.to_owned())
        }
        (ErrorCode::Owner, _) => WorkspaceError::ForeignRepository(path.to_owned()),
        _ => WorkspaceError::Read(error),
    }
}

/// Where HEAD of a checkout is.
pub(super) fn head(repository: &git2::Repository) -> Result<Head, WorkspaceError> {
    let reference = match repository.head() {
        Ok(reference) => reference,
        Err(e) if e.code() == ErrorCode::UnbornBranch => return Ok(Head::Unborn),
        Err(e) => return Err(e.into()),
    };
    let commit = reference.peel_to_commit()?.id().to_string();
    match reference.shorthand() {
        Ok(name) if reference.is_branch() => Ok(Head::Branch { name: name.to_owned(), commit }),
        _ => Ok(Head::Detached { commit }),
    }
}

/// The absolute path without symbolic links.
pub(super) fn canonical(path: &Path) -> Result<PathBuf, WorkspaceError> {
    path.canonicalize().map_err(WorkspaceError::io("resolve", path))
}
