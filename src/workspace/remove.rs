//! Takes a worktree away once its work is preserved: first out of its place, looked at once more
//! there, then piece by piece. Each step can be done again after a crash. git's own removal is not
//! used: it asks too little before it deletes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use git2::Repository;

use super::branch::checked_out;
use super::git::Git;
use super::inspect::gone_from;
use super::locks::RepositoryLocks;
use super::manifest::{Manifest, Slot};
use super::preserve::{Preserved, Quiet, work};
use super::registration::of_spec;
use super::relocate::{relocate, remove as remove_files, sync};
use super::scan::{Scan, Work, processes, shown};
use super::spec::WorktreeSpec;
use super::undo::{forget_last, is_checkout_of, remove_registration};
use super::{WorkspaceError, judge, listing, tips};

/// What a removal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The session's branch went with the worktree: the default branch has all of it.
    pub branch: bool,
}

/// Takes the worktree of `scan` away. Without `preserved` only one in which there is nothing to
/// preserve.
///
/// # Errors
/// When somebody uses it, it changed since the scan, or the system refuses. In the first two cases
/// it is where it was; else [`finish_removal`] goes on.
pub async fn remove(
    (git, locks): (&Git, &RepositoryLocks),
    (spec, default_branch): (&WorktreeSpec, &str),
    scan: &Arc<Scan>,
    quiet: Quiet,
    preserved: Option<&Preserved>,
) -> Result<Removed, WorkspaceError> {
    let (at, looked, default) = (spec.clone(), scan.clone(), default_branch.to_owned());
    let aside = move || take_aside(&at, work(&looked)?, &default);
    tokio::task::spawn_blocking(aside).await??;
    let slot = preserved.map(|preserved| &preserved.slot);
    let removed = finish_removal((git, locks), (spec, default_branch), slot).await;
    drop(quiet.lock);
    removed
}

/// Whether a removal of this worktree got so far that it must be finished: it is not in its place.
///
/// # Errors
/// When its place cannot be looked at.
pub fn is_under_way(spec: &WorktreeSpec) -> Result<bool, WorkspaceError> {
    Ok(!gone_from(&aside(spec))? || gone_from(&spec.path)?)
}

/// Where the worktree is while it is taken apart: beside its place, on the same file system.
fn aside(spec: &WorktreeSpec) -> PathBuf {
    spec.path.with_file_name(format!(".{}-{}.removed", spec.session, spec.nonce))
}

/// Moves the folder out of its place and looks again. What is not as it was goes back.
fn take_aside(
    spec: &WorktreeSpec,
    work: &Work,
    default_branch: &str,
) -> Result<(), WorkspaceError> {
    if !work.folder {
        return unchanged(spec, work, default_branch);
    }
    let aside = aside(spec);
    super::spec::free_path(&aside)?;
    fs::rename(&spec.path, &aside).map_err(WorkspaceError::io("move aside", &spec.path))?;
    let looked = unchanged(spec, work, default_branch);
    if looked.is_err() {
        fs::rename(&aside, &spec.path).map_err(WorkspaceError::io("move back", &aside))?;
    }
    looked
}

fn unchanged(spec: &WorktreeSpec, work: &Work, default_branch: &str) -> Result<(), WorkspaceError> {
    let changed = |what: String| WorkspaceError::Changed { path: spec.path.clone(), what };
    let admin = &work.registered.admin;
    if work.folder {
        let aside = aside(spec);
        if let Some(obstacle) = processes(&aside, true).first() {
            return Err(changed(obstacle.to_string()));
        }
        let now = listing::list(&aside, admin, &work.known)?;
        if now != work.listing {
            return Err(changed(difference(&work.listing, &now)));
        }
    }
    if judge::read_index(admin)? != work.index {
        return Err(changed("its index".to_owned()));
    }
    if tips::find(spec, &work.registered, default_branch)? != work.tips {
        return Err(changed("its commits".to_owned()));
    }
    Ok(())
}

/// The first path that is different, for a person.
fn difference(before: &listing::Listing, now: &listing::Listing) -> String {
    let file = now.files.iter().find(|file| !before.files.contains(file));
    let lost = before.files.iter().find(|file| !now.files.contains(file));
    let unit = now.units.iter().find(|unit| !before.units.contains(unit));
    let path = file.or(lost).map(|file| &file.path).or(unit.map(|unit| &unit.path));
    path.map_or_else(|| "its folders".to_owned(), |path| shown(path))
}

/// Finishes a removal that is under way, from wherever it was cut off; `slot` is where its work is
/// preserved, if there was any.
///
/// # Errors
/// When the worktree is in its place, or the system refuses; it can be called again.
pub async fn finish_removal(
    (git, locks): (&Git, &RepositoryLocks),
    (spec, default_branch): (&WorktreeSpec, &str),
    slot: Option<&Slot>,
) -> Result<Removed, WorkspaceError> {
    if !gone_from(&spec.path)? {
        return Err(WorkspaceError::PathTaken(spec.path.clone()));
    }
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    let (at, to) = (spec.clone(), slot.cloned());
    tokio::task::spawn_blocking(move || match to {
        Some(slot) => put_away(&at, &slot),
        None => forget(&at),
    })
    .await??;
    let (at, default) = (spec.clone(), default_branch.to_owned());
    let tip = tokio::task::spawn_blocking(move || free_branch(&at, &default)).await??;
    if let Some(tip) = &tip {
        let reference = spec.reference();
        // Compared by git once more as it deletes.
        let arguments = ["update-ref", "--no-deref", "-d", &reference, tip];
        git.change(&spec.repo_root, &arguments, &lock.file).await?;
    }
    drop(lock);
    let aside = aside(spec);
    tokio::task::spawn_blocking(move || remove_files(&aside)).await??;
    Ok(Removed { branch: tip.is_some() })
}

/// Moves what is to be kept, and the git directory, into the slot; durable when this returns.
fn put_away(spec: &WorktreeSpec, slot: &Slot) -> Result<(), WorkspaceError> {
    let mut manifest = Manifest::read(slot)?
        .filter(|manifest| manifest.nonce == spec.nonce)
        .ok_or_else(|| WorkspaceError::NothingPreserved(slot.folder.clone()))?;
    if manifest.complete {
        return Ok(());
    }
    let aside = aside(spec);
    for moved in &manifest.moved {
        relocate(&aside.join(&moved.path), &slot.files().join(&moved.path))?;
    }
    relocate(&manifest.admin, &slot.admin())?;
    forget_last(&manifest.admin);
    sync(&slot.folder)?;
    manifest.complete = true;
    manifest.write(slot)
}

/// Removes the registration of a worktree in which there was nothing to preserve.
fn forget(spec: &WorktreeSpec) -> Result<(), WorkspaceError> {
    match of_spec(&spec.common_dir, spec)? {
        Some(registered) => {
            let aside = aside(spec);
            if !gone_from(&aside)? && !is_checkout_of(&aside, &registered) {
                let why = "the folder beside it belongs to another registration";
                return Err(WorkspaceError::NotOurs { path: aside, why });
            }
            remove_registration(&registered.admin)
        }
        None => Ok(()),
    }
}

/// The tip of the session's branch, if that goes and no checkout has it.
fn free_branch(
    spec: &WorktreeSpec,
    default_branch: &str,
) -> Result<Option<String>, WorkspaceError> {
    let repository = Repository::open(&spec.common_dir)?;
    let tip = tips::merged_tip(&repository, spec, default_branch)?;
    if tip.is_none() || checked_out(&repository, &spec.branch)?.is_some() {
        return Ok(None);
    }
    Ok(tip.map(|tip| tip.to_string()))
}
