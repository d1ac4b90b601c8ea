//! Brings back what a removal preserved: files with their bytes, what was moved aside, and the git
//! directory with index, reflog and whatever was not finished. Can be done again after a crash; the
//! refs stay.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use git2::{Odb, Oid, Repository};

use super::WorkspaceError;
use super::branch::checked_out;
use super::git::Git;
use super::inspect::gone_from;
use super::locks::{RepositoryLock, RepositoryLocks};
use super::manifest::{Manifest, Mode, Slot};
use super::registration::of_spec;
use super::relocate::{relocate, remove, sync};
use super::spec::WorktreeSpec;
use super::tips::target;
use super::tree::read_tree;
use super::undo::is_checkout_of;
use crate::config::create_private_dir;

/// Paths in a notice.
const NAMED: usize = 10;

/// What came of bringing work back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// What is not exactly as it was, for a person.
    pub notices: Vec<String>,
}

/// Whether the slot's work has been brought back already.
///
/// # Errors
/// When its manifest cannot be read.
pub fn was_restored(spec: &WorktreeSpec, slot: &Slot) -> Result<bool, WorkspaceError> {
    Ok(Manifest::read(slot)?.is_some_and(|m| m.nonce == spec.nonce && m.restored))
}

/// Brings the worktree of `spec` back from a slot.
///
/// # Errors
/// When something is in its place, nothing of this session is preserved there, or the system
/// refuses; what is preserved stays preserved, and it can be called again.
pub async fn restore(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
    slot: &Slot,
) -> Result<Restored, WorkspaceError> {
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    let (at, from) = (spec.clone(), slot.clone());
    let plan = tokio::task::spawn_blocking(move || plan(&at, &from)).await??;
    let Some(plan) = plan else { return Ok(Restored::default()) };
    if let Some(tip) = &plan.new_branch {
        make_branch(git, &lock, spec, tip).await?;
    }
    let (at, from) = (spec.clone(), slot.clone());
    let notices = plan.notices.clone();
    tokio::task::spawn_blocking(move || bring_back(&at, &from, plan)).await??;
    Ok(Restored { notices })
}

/// Makes the session's branch again, at the tip it had, if it has gone. For worktrees in which
/// there was nothing to preserve.
///
/// # Errors
/// When the commit has gone, or git fails.
pub async fn revive_branch(
    git: &Git,
    locks: &RepositoryLocks,
    spec: &WorktreeSpec,
    tip: &str,
) -> Result<(), WorkspaceError> {
    let lock = locks.lock(&spec.common_dir, git.deadlines().change).await?;
    let repository = Repository::open(&spec.common_dir)?;
    let there = target(&repository, &spec.reference())?;
    drop(repository);
    if there.is_some() { Ok(()) } else { make_branch(git, &lock, spec, tip).await }
}

async fn make_branch(
    git: &Git,
    lock: &RepositoryLock,
    spec: &WorktreeSpec,
    tip: &str,
) -> Result<(), WorkspaceError> {
    let (reason, reference) = (spec.lock_reason(), spec.reference());
    let zeros = "0".repeat(tip.len());
    // The reflog tells again that the branch is ours.
    let arguments =
        ["update-ref", "--no-deref", "--create-reflog", "-m", &reason, &reference, tip, &zeros];
    git.change(&spec.repo_root, &arguments, &lock.file).await?;
    Ok(())
}

/// What there is to do.
struct Plan {
    manifest: Manifest,
    /// The session's branch is made anew, at this commit.
    new_branch: Option<String>,
    /// HEAD cannot be on its branch: it is put on this commit.
    detach: Option<String>,
    notices: Vec<String>,
}

/// `None`: an earlier attempt got to the end but for saying so.
fn plan(spec: &WorktreeSpec, slot: &Slot) -> Result<Option<Plan>, WorkspaceError> {
    let nothing = || WorkspaceError::NothingPreserved(slot.folder.clone());
    let mut manifest = Manifest::read(slot)?
        .filter(|m| m.nonce == spec.nonce && m.complete && !m.restored)
        .ok_or_else(nothing)?;
    let registered = of_spec(&spec.common_dir, spec)?;
    if !gone_from(&spec.path)? {
        let ours = registered.is_some_and(|r| is_checkout_of(&spec.path, &r));
        if !ours || !gone_from(&slot.admin())? || !gone_from(&beside(spec))? {
            return Err(WorkspaceError::PathTaken(spec.path.clone()));
        }
        manifest.restored = true;
        manifest.write(slot)?;
        return Ok(None);
    }
    let repository = Repository::open(&spec.common_dir)?;
    let gone = target(&repository, &spec.reference())?.is_none();
    let new_branch = manifest.tip.clone().filter(|_| gone);
    let mut notices = Vec::from_iter(given_up(&manifest));
    let detach = detached(&repository, spec, &manifest, new_branch.as_deref(), &mut notices)?;
    Ok(Some(Plan { manifest, new_branch, detach, notices }))
}

/// What the removal gave up cannot come back.
fn given_up(manifest: &Manifest) -> Option<String> {
    let paths = manifest.given_up.iter().map(|gone| gone.path.display().to_string());
    let named: Vec<String> = paths.take(NAMED).collect();
    let more = match manifest.given_up.len() - named.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let named = named.join(", ");
    (!named.is_empty()).then(|| format!("given up when it was removed, not back: {named}{more}"))
}

/// Where HEAD goes if it cannot be on the branch that it was on: that has moved on, has gone, or
/// another checkout has it.
fn detached(
    repository: &Repository,
    spec: &WorktreeSpec,
    manifest: &Manifest,
    new_branch: Option<&str>,
    notices: &mut Vec<String>,
) -> Result<Option<String>, WorkspaceError> {
    let head = manifest.kept("head");
    let (Some(branch), Some(head)) = (&manifest.head_branch, head) else { return Ok(None) };
    let tip = match new_branch.filter(|_| *branch == spec.branch) {
        Some(tip) => Some(tip.to_owned()),
        None => target(repository, &format!("refs/heads/{branch}"))?.map(|id| id.to_string()),
    };
    let why = if tip.as_ref() != Some(head) {
        "is at another commit now"
    } else if checked_out(repository, branch)?.is_some_and(|at| at != spec.path) {
        "is checked out elsewhere"
    } else {
        return Ok(None);
    };
    notices.push(format!("the branch {branch} {why}: HEAD is detached, at {head}"));
    Ok(Some(head.clone()))
}

/// Where the folder is while it is filled.
fn beside(spec: &WorktreeSpec) -> PathBuf {
    spec.path.with_file_name(format!(".{}-{}.restoring", spec.session, spec.nonce))
}

fn bring_back(spec: &WorktreeSpec, slot: &Slot, plan: Plan) -> Result<(), WorkspaceError> {
    let mut manifest = plan.manifest;
    let beside = beside(spec);
    if manifest.folder {
        create_private_dir(&beside)?;
        write_files(spec, &manifest, &beside)?;
        for moved in &manifest.moved {
            relocate(&slot.files().join(&moved.path), &beside.join(&moved.path))?;
        }
    }
    let admin = match of_spec(&spec.common_dir, spec)? {
        // An earlier attempt came that far.
        Some(registered) if same_index(&slot.admin(), &registered.admin)? => registered.admin,
        Some(registered) => {
            let why = "its worktree was made anew meanwhile";
            return Err(WorkspaceError::NotOurs { path: registered.admin, why });
        }
        None => free_admin(&manifest.admin)?,
    };
    if let Some(all) = admin.parent() {
        fs::create_dir_all(all).map_err(WorkspaceError::io("create", all))?;
    }
    relocate(&slot.admin(), &admin)?;
    if let Some(head) = &plan.detach {
        let file = admin.join("HEAD");
        fs::write(&file, format!("{head}\n")).map_err(WorkspaceError::io("write", &file))?;
    }
    if manifest.folder {
        let pointer = beside.join(".git");
        let mut text = b"gitdir: ".to_vec();
        text.extend_from_slice(admin.as_os_str().as_bytes());
        text.push(b'\n');
        fs::write(&pointer, text).map_err(WorkspaceError::io("write", &pointer))?;
        set_modes(&beside, &manifest.modes)?;
        // Parents come first in the list; one that may not be entered is set last.
        manifest.folders.reverse();
        set_modes(&beside, &manifest.folders)?;
        manifest.folders.reverse();
        sync(&beside)?;
        fs::rename(&beside, &spec.path).map_err(WorkspaceError::io("move into place", &beside))?;
    }
    sync(&admin)?;
    // Only empty folders are left in it.
    remove(&slot.files())?;
    manifest.restored = true;
    manifest.write(slot)
}

/// Whether a git directory is the preserved one, which may have been moved there already.
fn same_index(preserved: &Path, admin: &Path) -> Result<bool, WorkspaceError> {
    let read = |folder: &Path| fs::read(folder.join("index")).ok();
    Ok(gone_from(preserved)? || read(preserved) == read(admin))
}

/// The files of the kept tree, in their folders.
fn write_files(
    spec: &WorktreeSpec,
    manifest: &Manifest,
    root: &Path,
) -> Result<(), WorkspaceError> {
    for folder in &manifest.folders {
        let path = root.join(&folder.path);
        fs::create_dir_all(&path).map_err(WorkspaceError::io("create", &path))?;
        // Filled first; its own permissions come at the end.
        set_mode(&path, 0o700)?;
    }
    let Some(id) = manifest.kept("worktree") else { return Ok(()) };
    let repository = Repository::open(&spec.common_dir)?;
    let odb = repository.odb()?;
    for (path, mode, id) in read_tree(&repository, Oid::from_str(id)?)? {
        write_file(&odb, &root.join(path), mode, id)?;
    }
    Ok(())
}

fn write_file(odb: &Odb<'_>, path: &Path, mode: u32, id: Oid) -> Result<(), WorkspaceError> {
    let object = odb.read(id)?;
    let failed = || WorkspaceError::io("write", path);
    // What an earlier attempt has left.
    remove(path)?;
    if mode == 0o120_000 {
        let target = std::ffi::OsString::from_vec(object.data().to_vec());
        return symlink(target, path).map_err(failed());
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(failed())?;
    file.write_all(object.data()).map_err(failed())?;
    let mode = if mode == 0o100_755 { 0o755 } else { 0o644 };
    // The umask may have taken bits away.
    file.set_permissions(Permissions::from_mode(mode)).map_err(failed())
}

fn set_modes(root: &Path, modes: &[Mode]) -> Result<(), WorkspaceError> {
    modes.iter().try_for_each(|mode| set_mode(&root.join(&mode.path), mode.mode))
}

fn set_mode(path: &Path, mode: u32) -> Result<(), WorkspaceError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(WorkspaceError::io("set the permissions of", path))
}

/// The place the git directory had, or one with a number behind it, as git itself numbers them.
fn free_admin(wanted: &Path) -> Result<PathBuf, WorkspaceError> {
    if gone_from(wanted)? {
        return Ok(wanted.to_owned());
    }
    for n in 1_u32.. {
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(n.to_string());
        let candidate = wanted.with_file_name(name);
        if gone_from(&candidate)? {
            return Ok(candidate);
        }
    }
    unreachable!("an endless row of numbers has a free one")
}
