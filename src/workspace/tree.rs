//! Writes git trees from a flat list of paths, and reads them back, with no filter between.

use std::path::{Path, PathBuf};

use git2::{Oid, Repository};

use super::WorkspaceError;

/// A path and its object.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// Parts divided by `/`.
    pub(super) path: Vec<u8>,
    pub(super) mode: u32,
    pub(super) id: Oid,
}

/// Writes the tree with these leaves; no path is below another.
pub(super) fn write_tree(repository: &Repository, leaves: &[Leaf]) -> Result<Oid, WorkspaceError> {
    let mut sorted: Vec<&Leaf> = leaves.iter().collect();
    // All that a folder holds stands together.
    sorted.sort_by(|a, b| a.path.split(|b| *b == b'/').cmp(b.path.split(|b| *b == b'/')));
    level(repository, &sorted, 0)
}

/// The tree of leaves that have their first `from` bytes in common.
fn level(repository: &Repository, leaves: &[&Leaf], from: usize) -> Result<Oid, WorkspaceError> {
    let mut builder = repository.treebuilder(None)?;
    let mut rest = leaves;
    while let Some(first) = rest.first() {
        let tail = &first.path[from..];
        let Some(slash) = tail.iter().position(|b| *b == b'/') else {
            builder.insert(tail, first.id, first.mode.cast_signed())?;
            rest = &rest[1..];
            continue;
        };
        let prefix = &first.path[..=from + slash];
        let count = rest.iter().take_while(|leaf| leaf.path.starts_with(prefix)).count();
        let inner = level(repository, &rest[..count], from + slash + 1)?;
        builder.insert(&tail[..slash], inner, 0o040_000)?;
        rest = &rest[count..];
    }
    Ok(builder.write()?)
}

/// Every leaf of a commit's tree.
pub(super) fn read_tree(
    repository: &Repository,
    commit: Oid,
) -> Result<Vec<(PathBuf, u32, Oid)>, WorkspaceError> {
    let tree = repository.find_commit(commit)?.tree()?;
    let mut leaves = Vec::new();
    collect(repository, &tree, Path::new(""), &mut leaves)?;
    Ok(leaves)
}

fn collect(
    repository: &Repository,
    tree: &git2::Tree<'_>,
    above: &Path,
    leaves: &mut Vec<(PathBuf, u32, Oid)>,
) -> Result<(), WorkspaceError> {
    use std::os::unix::ffi::OsStrExt;
    for entry in tree {
        let path = above.join(std::ffi::OsStr::from_bytes(entry.name_bytes()));
        if entry.kind() == Some(git2::ObjectType::Tree) {
            collect(repository, &repository.find_tree(entry.id())?, &path, leaves)?;
        } else {
            leaves.push((path, entry.filemode().cast_unsigned(), entry.id()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::init(root.path()).unwrap();
        let blob = repository.blob(b"x").unwrap();
        // `a-b` sorts between `a` and `a/…` as bytes, and `\xff` is no UTF-8.
        let paths: [&[u8]; 6] = [b"a/b/c", b"a-b/x", b"a/d", b"z", b"a.b", b"\xff/y"];
        let leaf = |path: &&[u8]| Leaf { path: path.to_vec(), mode: 0o100_644, id: blob };
        let leaves: Vec<Leaf> = paths.iter().map(leaf).collect();
        let tree = repository.find_tree(write_tree(&repository, &leaves).unwrap()).unwrap();
        let who = git2::Signature::now("a", "a").unwrap();
        let commit = repository.commit(None, &who, &who, "m", &tree, &[]).unwrap();
        let mut found: Vec<Vec<u8>> = read_tree(&repository, commit)
            .unwrap()
            .into_iter()
            .map(|(path, _, _)| path.into_os_string().into_encoded_bytes())
            .collect();
        found.sort();
        let mut expected: Vec<Vec<u8>> = paths.iter().map(|path| path.to_vec()).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}
