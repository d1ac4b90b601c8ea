//! Writes the work of a worktree where it outlives it, before the worktree goes: commits, index and
//! files as objects under refs of the repository, and a manifest of what is to be moved aside.
//! Nothing of the worktree is touched.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use git2::{Commit, ObjectType, Odb, Oid, Repository, Signature, Tree};

use super::WorkspaceError;
use super::judge::{git_mode, open_index, stage};
use super::listing::{File, Unit, is_plain};
use super::locks::{GitLock, RepositoryLocks};
use super::manifest::{Identity, Manifest, Mode, Moved, Slot};
use super::relocate::sync;
use super::scan::{Scan, Work};
use super::spec::WorktreeSpec;
use super::tree::{Leaf, write_tree};
use super::{Git, registration};
use crate::model::ids::Generation;
use crate::model::work::{Fate, What};

/// The right to take a worktree away: no git of ours is at work in it.
pub struct Quiet {
    pub(super) lock: GitLock,
}

/// Takes the worktree's lock; from here on nothing of ours changes it.
///
/// # Errors
/// When the worktree is not ours any more, or a git of ours does not end in time.
pub async fn quiet(git: &Git, spec: &WorktreeSpec) -> Result<Quiet, WorkspaceError> {
    let registered = registration::of_spec(&spec.common_dir, spec)?
        .ok_or_else(|| super::add::not_registered(spec))?;
    let lock = GitLock::acquire(&registered.admin, git.deadlines().change).await?;
    Ok(Quiet { lock })
}

/// What is preserved where.
#[derive(Debug, Clone)]
pub struct Preserved {
    /// Where.
    pub slot: Slot,
    /// Full names of refs, and the objects they point to.
    pub refs: BTreeMap<String, String>,
    /// Bytes that will be moved aside.
    pub moved_bytes: u64,
}

/// Writes the work under refs and the manifest into a fresh slot below `folder` (the session's
/// folder of preserved work). Durable when this returns.
///
/// # Errors
/// When anything cannot be read or written; the worktree is as it was, and must be kept.
pub async fn preserve(
    (git, locks): (&Git, &RepositoryLocks),
    spec: &WorktreeSpec,
    scan: &Arc<Scan>,
    folder: &Path,
    (generation, discard): (Generation, bool),
) -> Result<Preserved, WorkspaceError> {
    let (at, looked) = (spec.clone(), scan.clone());
    let objects = tokio::task::spawn_blocking(move || write_objects(&at, work(&looked)?)).await??;
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    let slot = free_slot(spec, folder, generation)?;
    let prefix = Slot::refs(&spec.session, &slot.name);
    let mut refs = BTreeMap::new();
    for (name, id) in objects {
        let (reference, id) = (format!("{prefix}{name}"), id.to_string());
        let zeros = "0".repeat(id.len());
        let create = ["update-ref", "--no-deref", &reference, &id, &zeros];
        git.change(&spec.repo_root, &create, &lock.file).await?;
        refs.insert(reference, id);
    }
    drop(lock);
    let (at, looked) = (spec.clone(), scan.clone());
    let finish = move || {
        let work = work(&looked)?;
        let manifest = manifest(&at, work, generation, discard, &refs);
        verify(&at, &refs)?;
        sync(&at.common_dir)?;
        manifest.write(&slot)?;
        let moved_bytes = manifest.moved.iter().map(|moved| moved.bytes).sum();
        Ok(Preserved { slot, refs, moved_bytes })
    };
    tokio::task::spawn_blocking(finish).await?
}

pub(super) fn work(scan: &Scan) -> Result<&Work, WorkspaceError> {
    scan.work.as_ref().ok_or(WorkspaceError::NotScanned)
}

/// The first name for which there is neither a folder nor a ref.
fn free_slot(
    spec: &WorktreeSpec,
    folder: &Path,
    generation: Generation,
) -> Result<Slot, WorkspaceError> {
    let repository = Repository::open(&spec.common_dir)?;
    for n in 1_u32.. {
        let name = if n == 1 { generation.to_string() } else { format!("{generation}-{n}") };
        let glob = format!("{}*", Slot::refs(&spec.session, &name));
        let slot = Slot { folder: folder.join(&name), name };
        let taken = repository.references_glob(&glob)?.next().is_some();
        if !taken && super::inspect::gone_from(&slot.folder)? {
            return Ok(slot);
        }
    }
    unreachable!("an endless row of numbers has a free one")
}

/// Writes everything that refs are to hold; the last part of each ref's name, and its object.
fn write_objects(spec: &WorktreeSpec, work: &Work) -> Result<Vec<(String, Oid)>, WorkspaceError> {
    let repository = Repository::open(&spec.common_dir)?;
    let odb = repository.odb()?;
    // Entries that are only announced have this object, which need not exist.
    odb.write(ObjectType::Blob, b"")?;
    let head = work.tips.head.map(|id| repository.find_commit(id)).transpose()?;
    let parents: Vec<&Commit<'_>> = head.iter().collect();
    let keep = |what: &str, tree: Oid, parents: &[&Commit<'_>]| {
        let tree = repository.find_tree(tree)?;
        keep_commit(&repository, &format!("{what} of {}", spec.session), &tree, parents)
    };
    let mut objects = Vec::new();
    objects.extend(work.tips.head.map(|id| ("head".to_owned(), id)));
    objects.extend(work.tips.branch.map(|id| ("branch".to_owned(), id)));
    if work.folder {
        let tree = files_tree(&repository, &odb, &spec.path, work)?;
        objects.push(("worktree".to_owned(), keep("files", tree, &parents)?));
    }
    let index = index_tree(&repository, &work.registered.admin)?;
    objects.push(("index".to_owned(), keep("index", index, &parents)?));
    let (commits, others): (Vec<_>, Vec<_>) =
        work.tips.named.iter().partition(|(_, kind)| *kind == ObjectType::Commit);
    if !commits.is_empty() {
        let found: Result<Vec<_>, _> =
            commits.iter().map(|(id, _)| repository.find_commit(*id)).collect();
        let found = found?;
        let empty = write_tree(&repository, &[])?;
        let parents: Vec<&Commit<'_>> = found.iter().collect();
        objects.push(("reflog".to_owned(), keep("all commits", empty, &parents)?));
    }
    objects.extend(others.into_iter().map(|(id, _)| (format!("object/{id}"), id)));
    Ok(objects)
}

fn keep_commit(
    repository: &Repository,
    message: &str,
    tree: &Tree<'_>,
    parents: &[&Commit<'_>],
) -> Result<Oid, WorkspaceError> {
    let who = Signature::now("ao", "ao@localhost")?;
    let message = format!("{message}, kept by ao clean\n");
    Ok(repository.commit(None, &who, &who, &message, tree, parents)?)
}

/// The files with their very bytes.
fn files_tree(
    repository: &Repository,
    odb: &Odb<'_>,
    root: &Path,
    work: &Work,
) -> Result<Oid, WorkspaceError> {
    let mut leaves = Vec::with_capacity(work.judged.stored.len());
    for (file, known) in &work.judged.stored {
        let id = match known.filter(|id| odb.exists(*id)) {
            Some(id) => id,
            None => store(repository, odb, root, file)?,
        };
        let path = file.path.as_os_str().as_bytes().to_vec();
        leaves.push(Leaf { path, mode: git_mode(file), id });
    }
    write_tree(repository, &leaves)
}

fn store(
    repository: &Repository,
    odb: &Odb<'_>,
    root: &Path,
    file: &File,
) -> Result<Oid, WorkspaceError> {
    let full = root.join(&file.path);
    let failed = || WorkspaceError::io("read", &full);
    if file.stamp.is_link() {
        let target = fs::read_link(&full).map_err(failed())?;
        return Ok(odb.write(ObjectType::Blob, target.as_os_str().as_bytes())?);
    }
    let mut from = fs::File::open(&full).map_err(failed())?;
    // In pieces, for it may be large, and past every filter.
    let mut to = repository.blob_writer(None)?;
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = from.read(&mut piece).map_err(failed())?;
        if read == 0 {
            return Ok(to.commit()?);
        }
        to.write_all(&piece[..read]).map_err(WorkspaceError::io("store", &full))?;
    }
}

/// Every object of the index, at `<stage>/<path>`: unmerged paths have up to three.
fn index_tree(repository: &Repository, admin: &Path) -> Result<Oid, WorkspaceError> {
    let index = open_index(admin)?;
    let leaf = |entry: git2::IndexEntry| {
        let mut path = format!("{}/", stage(&entry)).into_bytes();
        path.extend_from_slice(&entry.path);
        Leaf { path, mode: entry.mode, id: entry.id }
    };
    let leaves: Vec<Leaf> = index.iter().map(leaf).collect();
    write_tree(repository, &leaves)
}

fn manifest(
    spec: &WorktreeSpec,
    work: &Work,
    generation: Generation,
    discard: bool,
    refs: &BTreeMap<String, String>,
) -> Manifest {
    let identity = Identity { spec, generation, admin: &work.registered.admin };
    let units = work.listing.units.iter().chain(&work.judged.aside);
    let moved = |unit: &Unit| Moved {
        path: unit.path.clone(),
        what: unit.what,
        files: unit.files,
        bytes: unit.bytes,
    };
    let aside = units.clone().filter(|unit| unit.what.fate(discard) == Fate::Aside);
    // What is never kept, as caches are, nobody has given up.
    let is_given_up =
        |what: What| what.fate(discard) == Fate::Removed && what.fate(false) != Fate::Removed;
    let given_up = units.filter(|unit| is_given_up(unit.what));
    let folders = work.listing.folders.iter();
    let odd = work.judged.stored.iter().filter(|(file, _)| !is_plain(&file.stamp));
    Manifest {
        tip: work.tips.branch.map(|tip| tip.to_string()),
        head_branch: work.tips.head_branch.clone(),
        refs: refs.clone(),
        folder: work.folder,
        moved: aside.map(moved).collect(),
        given_up: given_up.map(moved).collect(),
        folders: folders.map(|f| Mode { path: f.path.clone(), mode: f.mode }).collect(),
        modes: odd
            .map(|(f, _)| Mode { path: f.path.clone(), mode: f.stamp.mode & 0o7777 })
            .collect(),
        ..Manifest::new(&identity)
    }
}

/// Reads back what the repository has now: the refs are there, and so is all of the trees.
fn verify(spec: &WorktreeSpec, refs: &BTreeMap<String, String>) -> Result<(), WorkspaceError> {
    let repository = Repository::open(&spec.common_dir)?;
    let odb = repository.odb()?;
    for (name, id) in refs {
        let lost = || WorkspaceError::NotPreserved(name.clone());
        let found = repository.find_reference(name)?.target().ok_or_else(lost)?;
        if found.to_string() != *id {
            return Err(lost());
        }
        let Ok(commit) = repository.find_commit(found) else { continue };
        let mut missing = false;
        commit.tree()?.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
            let present = entry.kind() == Some(ObjectType::Commit) || odb.exists(entry.id());
            missing |= !present;
            if present { git2::TreeWalkResult::Ok } else { git2::TreeWalkResult::Abort }
        })?;
        if missing {
            return Err(lost());
        }
    }
    Ok(())
}
