//! What each listed file is to git: as it was committed, changed, changed where git was told not
//! to look, or changed on its way through a filter. Content is compared by its bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, ObjectType, Oid, Repository};

use super::WorkspaceError;
use super::listing::{File, Listing, Unit};
use super::scan::shown;
use super::status::Change;
use super::tree::read_tree;
use crate::model::work::{Item, What};

/// What is larger does not go into git's object store, in bytes: it is moved aside as it is.
const LARGE: u64 = 32 << 20;

/// Flags of an index entry (index-format): valid bit, stage; skip-worktree among the extended.
const ASSUME_UNCHANGED: u16 = 0x8000;
const STAGE: u16 = 0x3000;
const SKIP_WORKTREE: u16 = 1 << 14;

/// The index, by path.
pub(super) type Entries = BTreeMap<PathBuf, Entry>;

/// A path in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    id: Oid,
    mode: u32,
    hidden: bool,
    conflict: bool,
}

impl Entry {
    pub(super) fn is_gitlink(&self) -> bool {
        self.mode == 0o160_000
    }
}

/// The verdict on the files of a listing.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Files that go into a tree, with the object that has their bytes where one is known.
    pub(super) stored: Vec<(File, Option<Oid>)>,
    /// Files that are moved as they are.
    pub(super) aside: Vec<Unit>,
    /// What is to be told of tracked files.
    pub(super) items: Vec<Item>,
}

/// Reads the index of a worktree; one that is missing is empty.
pub(super) fn read_index(admin: &Path) -> Result<Entries, WorkspaceError> {
    let mut entries = Entries::new();
    for entry in open_index(admin)?.iter() {
        let path = PathBuf::from(OsStr::from_bytes(&entry.path));
        let conflict = stage(&entry) > 0;
        let flagged = entry.flags & ASSUME_UNCHANGED != 0;
        let hidden = flagged || entry.flags_extended & SKIP_WORKTREE != 0;
        entries.insert(path, Entry { id: entry.id, mode: entry.mode, hidden, conflict });
    }
    Ok(entries)
}

/// The index itself.
pub(super) fn open_index(admin: &Path) -> Result<Index, WorkspaceError> {
    Ok(Index::open(&admin.join("index"))?)
}

/// 0; 1 to 3 for the sides of a conflict.
pub(super) fn stage(entry: &IndexEntry) -> u16 {
    (entry.flags & STAGE) >> 12
}

/// Judges every file of the listing.
pub(super) fn judge(
    root: &Path,
    listing: &Listing,
    index: &Entries,
    changes: &[Change],
) -> Result<Judged, WorkspaceError> {
    let mut judged = Judged::default();
    let listed: BTreeSet<&[u8]> = changes.iter().filter_map(changed_path).collect();
    for file in &listing.files {
        let (what, known) = verdict(root, file, index, &listed)?;
        let bytes = file.stamp.size;
        let item = |what| Item { what, name: shown(&file.path), count: 1, bytes };
        match what {
            Some(what @ (What::Filtered | What::Large)) => {
                let path = file.path.clone();
                judged.aside.push(Unit { path, what, files: 1, bytes });
            }
            Some(What::Untracked) => judged.stored.push((file.clone(), known)),
            Some(what) => {
                judged.items.push(item(what));
                judged.stored.push((file.clone(), known));
            }
            None => judged.stored.push((file.clone(), known)),
        }
    }
    judged.items.extend(changes.iter().filter_map(|change| deleted(change, index)));
    Ok(judged)
}

/// What the file is, `None` for as committed or staged; and the object with its bytes.
fn verdict(
    root: &Path,
    file: &File,
    index: &Entries,
    listed: &BTreeSet<&[u8]>,
) -> Result<(Option<What>, Option<Oid>), WorkspaceError> {
    let large = file.stamp.size > LARGE && !file.stamp.is_link();
    let Some(entry) = index.get(&file.path) else {
        return Ok((Some(if large { What::Large } else { What::Untracked }), None));
    };
    let id = hash(&root.join(&file.path), file)?;
    let same = id == entry.id && git_mode(file) == entry.mode && !entry.conflict;
    if same {
        return Ok((None, Some(id)));
    }
    let seen = entry.conflict || listed.contains(file.path.as_os_str().as_bytes());
    let what = match (entry.hidden, seen) {
        _ if large => What::Large,
        (true, _) => What::Hidden,
        (false, true) => What::Changed,
        (false, false) => What::Filtered,
    };
    Ok((Some(what), None))
}

/// The path of a change that git's status shows in the checkout.
fn changed_path(change: &Change) -> Option<&[u8]> {
    match change {
        Change::Ordinary { states, path, .. } if !states.ends_with('.') => Some(path),
        Change::Other('u', path) => Some(path),
        _ => None,
    }
}

/// What status knows and the folder does not show: what was deleted.
fn deleted(change: &Change, index: &Entries) -> Option<Item> {
    let Change::Ordinary { states, path, .. } = change else { return None };
    let path = Path::new(OsStr::from_bytes(path));
    let gone = states.ends_with('D') && !index.get(path).is_some_and(Entry::is_gitlink);
    gone.then(|| Item { what: What::Changed, name: shown(path), count: 1, bytes: 0 })
}

/// Every path at which the index is not what HEAD's commit has; conflicts are told elsewhere.
pub(super) fn staged(
    repository: &Repository,
    head: Option<Oid>,
    index: &Entries,
) -> Result<Vec<Item>, WorkspaceError> {
    let leaves = head.map(|head| read_tree(repository, head)).transpose()?.unwrap_or_default();
    let committed: BTreeMap<PathBuf, (u32, Oid)> =
        leaves.into_iter().map(|(path, mode, id)| (path, (mode, id))).collect();
    let new = index.iter().filter(|(path, entry)| {
        !entry.conflict && committed.get(*path) != Some(&(entry.mode, entry.id))
    });
    let gone = committed.keys().filter(|path| !index.contains_key(*path));
    let item = |path: &PathBuf| Item { what: What::Staged, name: shown(path), count: 1, bytes: 0 };
    Ok(new.map(|(path, _)| path).chain(gone).map(item).collect())
}

/// The id that git would give the file's bytes, past every filter.
fn hash(full: &Path, file: &File) -> Result<Oid, WorkspaceError> {
    if file.stamp.is_link() {
        let target = fs::read_link(full).map_err(WorkspaceError::io("read", full))?;
        return Ok(Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes())?);
    }
    Ok(Oid::hash_file(ObjectType::Blob, full)?)
}

/// The file's mode in a tree.
pub(super) fn git_mode(file: &File) -> u32 {
    if file.stamp.is_link() {
        0o120_000
    } else if file.stamp.mode & 0o100 != 0 {
        0o100_755
    } else {
        0o100_644
    }
}
