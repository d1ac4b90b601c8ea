//! Which commits hang on a worktree: its HEAD, its branch, and every object that a file of its git
//! directory names (reflogs, an unfinished rebase, a bisection); and which of them nothing else in
//! the repository holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};

use super::WorkspaceError;
use super::registration::Registration;
use super::spec::WorktreeSpec;

/// Commits are counted one by one up to here.
const COUNTED: usize = 10_000;

/// What hangs on a worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tips {
    /// HEAD's commit; `None`: it has none yet.
    pub(super) head: Option<Oid>,
    /// The branch that HEAD is on.
    pub(super) head_branch: Option<String>,
    /// The tip of the session's own branch.
    pub(super) branch: Option<Oid>,
    /// Every object that is named, with its kind.
    pub(super) named: Vec<(Oid, ObjectType)>,
    /// Commits and refs of the worktree's own that no branch, tag or remote holds.
    pub(super) loose: usize,
    /// Commits on the session's own branch that no other branch, tag or remote holds.
    pub(super) own: usize,
    /// The session's branch was made by ao, and all of it is in the default branch.
    pub(super) is_merged: bool,
}

impl Tips {
    /// HEAD's commit is not that of the session's branch: the branch alone would bring back other
    /// files.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.head.is_some() && self.head != self.branch
    }
}

/// Finds them. Reads the repository and the worktree's git directory.
pub(super) fn find(
    spec: &WorktreeSpec,
    registered: &Registration,
    default_branch: &str,
) -> Result<Tips, WorkspaceError> {
    let repository = Repository::open(&spec.common_dir)?;
    let (head, head_branch) = head(&repository, &registered.admin)?;
    let branch = target(&repository, &spec.reference())?;
    let mut files = Vec::new();
    collect(&registered.admin, &mut files)?;
    let log = spec.common_dir.join("logs").join(spec.reference());
    files.extend(log.exists().then_some(log));
    let mut ids: BTreeSet<Oid> = head.into_iter().chain(branch).collect();
    let mut refs = BTreeSet::new();
    for file in &files {
        let bytes = fs::read(file).map_err(WorkspaceError::io("read", file))?;
        let named = object_ids(&bytes);
        if file.starts_with(registered.admin.join("refs")) {
            refs.extend(named.iter().copied());
        }
        ids.extend(named);
    }
    let odb = repository.odb()?;
    let kind = |id: Oid| odb.read_header(id).ok().map(|(_, kind)| (id, kind));
    let named: Vec<_> = ids.into_iter().filter_map(kind).collect();
    let commits: Vec<Oid> =
        named.iter().filter(|(_, kind)| *kind == ObjectType::Commit).map(|(id, _)| *id).collect();
    // A worktree's own ref to what is no commit protects it, and nothing may be known of it.
    let odd = named.iter().filter(|(id, kind)| *kind != ObjectType::Commit && refs.contains(id));
    let loose = odd.count() + held_by_none(&repository, &commits, None)?;
    let reference = spec.reference();
    let own = match branch {
        Some(tip) => held_by_none(&repository, &[tip], Some(&reference))?,
        None => 0,
    };
    let is_merged = merged_tip(&repository, spec, default_branch)?.is_some();
    Ok(Tips { head, head_branch, branch, named, loose, own, is_merged })
}

/// HEAD as the file says it: the worktree's folder need not be there.
fn head(
    repository: &Repository,
    admin: &Path,
) -> Result<(Option<Oid>, Option<String>), WorkspaceError> {
    let file = admin.join("HEAD");
    let text = fs::read_to_string(&file).map_err(WorkspaceError::io("read", &file))?;
    let text = text.trim_end();
    match text.strip_prefix("ref: ") {
        Some(name) => {
            let short = name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
            Ok((target(repository, name)?, Some(short)))
        }
        None => Ok((Some(Oid::from_str(text)?), None)),
    }
}

/// What a branch points to; `None`: there is none.
pub(super) fn target(
    repository: &Repository,
    reference: &str,
) -> Result<Option<Oid>, WorkspaceError> {
    match repository.find_reference(reference) {
        Ok(found) => Ok(Some(found.resolve()?.peel_to_commit()?.id())),
        Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The text files of a git directory. Submodules and the index are looked at elsewhere.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), WorkspaceError> {
    for entry in fs::read_dir(folder).map_err(WorkspaceError::io("list", folder))? {
        let entry = entry.map_err(WorkspaceError::io("list", folder))?;
        let kind = entry.file_type().map_err(WorkspaceError::io("look at", entry.path()))?;
        if kind.is_dir() && entry.file_name() != "modules" {
            collect(&entry.path(), files)?;
        } else if kind.is_file() && entry.file_name() != "index" {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Every word of 40 hexadecimal digits that is not all zeros.
fn object_ids(bytes: &[u8]) -> BTreeSet<Oid> {
    let words = bytes.split(|b| !b.is_ascii_hexdigit()).filter(|word| word.len() == 40);
    words
        .filter_map(|word| std::str::from_utf8(word).ok().and_then(|w| Oid::from_str(w).ok()))
        .filter(|id| !id.is_zero())
        .collect()
}

/// How many commits of these histories no branch, tag or remote holds; the branch `but` aside.
fn held_by_none(
    repository: &Repository,
    commits: &[Oid],
    but: Option<&str>,
) -> Result<usize, WorkspaceError> {
    let mut walk = repository.revwalk()?;
    for id in commits {
        walk.push(*id)?;
    }
    for reference in repository.references()? {
        let reference = reference?;
        let name = reference.name_bytes();
        let holds = [&b"refs/heads/"[..], b"refs/remotes/", b"refs/tags/"];
        let counts = holds.iter().any(|prefix| name.starts_with(prefix));
        if counts && but.is_none_or(|but| but.as_bytes() != name) {
            // A ref that leads to no commit (a tag of a file, a dangling one) holds none.
            if let Ok(commit) = reference.peel_to_commit() {
                walk.hide(commit.id())?;
            }
        }
    }
    let mut count = 0;
    for id in walk.take(COUNTED) {
        id?;
        count += 1;
    }
    Ok(count)
}

/// The tip of the session's branch if that can go: the oldest entry of its reflog says that ao
/// made it for this very worktree, and the default branch has all of it.
pub(super) fn merged_tip(
    repository: &Repository,
    spec: &WorktreeSpec,
    default_branch: &str,
) -> Result<Option<Oid>, WorkspaceError> {
    let Some(tip) = target(repository, &spec.reference())? else { return Ok(None) };
    if spec.branch == default_branch {
        return Ok(None);
    }
    let log = repository.reflog(&spec.reference())?;
    let oldest = log.len().checked_sub(1).and_then(|last| log.get(last));
    let ours = oldest.is_some_and(|e| e.message_bytes() == Some(spec.lock_reason().as_bytes()));
    let Some(default) = target(repository, &format!("refs/heads/{default_branch}"))? else {
        return Ok(None);
    };
    let merged = tip == default || repository.graph_descendant_of(default, tip)?;
    Ok((ours && merged).then_some(tip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_whole_words() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let text = format!("{id} {zeros} {id}0 x{id}\npick {id} y", zeros = "0".repeat(40));
        let found = object_ids(text.as_bytes());
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().unwrap().to_string(), id);
        assert!(object_ids(b"").is_empty());
    }
}
