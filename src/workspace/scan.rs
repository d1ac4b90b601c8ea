//! What is in a session's worktree that would go with it, found by our own look. Called before a
//! removal, and for the dry run of one; changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::git::Git;
use super::inspect::gone_from;
use super::judge::{self, Judged};
use super::listing::{self, Known, Listing};
use super::registration::{Registration, of_spec};
use super::spec::WorktreeSpec;
use super::status::{Change, survey};
use super::tips::{self, Tips};
use super::undo::is_checkout_of;
use crate::model::work::{Found, Item, Obstacle, What};

/// What was found. [`Scan::found`] is for the decision; the rest is what preserving goes by.
#[derive(Debug)]
pub struct Scan {
    /// The facts that decide.
    pub found: Found,
    pub(super) work: Option<Work>,
}

/// The work of a worktree that is ours and could be looked at in full.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) registered: Registration,
    /// The folder is there; else only git's registration is.
    pub(super) folder: bool,
    pub(super) index: judge::Entries,
    pub(super) known: Known,
    pub(super) listing: Listing,
    pub(super) judged: Judged,
    pub(super) tips: Tips,
}

impl Scan {
    /// The tip of the session's branch, in hexadecimal.
    #[must_use]
    pub fn tip(&self) -> Option<String> {
        self.work.as_ref()?.tips.branch.map(|tip| tip.to_string())
    }

    /// Whether the session's branch can go with the worktree: ao made it, and the default branch
    /// has all of it.
    #[must_use]
    pub fn branch_goes(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.tips.is_merged)
    }

    fn without_work(found: Found) -> Self {
        Self { found, work: None }
    }
}

/// Looks at the worktree of `spec`. What cannot be found out is an obstacle, never left out.
///
/// # Errors
/// When not even git's registrations can be read.
pub async fn scan(
    git: &Git,
    spec: &WorktreeSpec,
    default_branch: &str,
) -> Result<Scan, WorkspaceError> {
    let at = spec.clone();
    let place = tokio::task::spawn_blocking(move || locate(&at)).await??;
    let (registered, folder) = match place {
        Place::Gone => return Ok(Scan::without_work(Found::default())),
        Place::Kept(obstacle) => {
            let obstacles = vec![obstacle];
            return Ok(Scan::without_work(Found { exists: true, obstacles, items: vec![] }));
        }
        Place::Ours { registered, folder } => (registered, folder),
    };
    let changes = if folder { survey(git, &spec.path).await } else { Ok(Vec::new()) };
    let (spec, default) = (spec.clone(), default_branch.to_owned());
    let looked = tokio::task::spawn_blocking(move || {
        let processes = processes(&spec.path, folder);
        let work = changes.and_then(|c| look(&spec, registered, folder, &c, &default));
        (processes, work)
    });
    let (processes, work) = looked.await?;
    Ok(assemble(processes, work))
}

/// What is at the worktree's place.
enum Place {
    Gone,
    Kept(Obstacle),
    Ours { registered: Registration, folder: bool },
}

fn locate(spec: &WorktreeSpec) -> Result<Place, WorkspaceError> {
    let absent = gone_from(&spec.path)?;
    let not_ours = |why: &str| Ok(Place::Kept(Obstacle::NotOurs(why.to_owned())));
    let Some(registered) = of_spec(&spec.common_dir, spec)? else {
        return if absent { Ok(Place::Gone) } else { not_ours("git has none with its mark") };
    };
    if !registered.is_marked() || !registered.is_at(&spec.path) {
        return not_ours("its registration is half made or for another place");
    }
    if let Some(reason) = &registered.lock_reason
        && *reason != spec.lock_reason()
    {
        return Ok(Place::Kept(Obstacle::Locked(reason.clone())));
    }
    let real = spec.path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let ours = real && is_checkout_of(&spec.path, &registered);
    if !absent && !ours {
        return not_ours("the folder does not belong to its registration");
    }
    Ok(Place::Ours { registered, folder: !absent })
}

/// Who uses the folder; that this cannot be found out is an obstacle, too.
pub(super) fn processes(folder: &Path, exists: bool) -> Vec<Obstacle> {
    if !exists {
        return Vec::new();
    }
    match crate::process::inside(folder) {
        Ok(found) => found
            .into_iter()
            .map(|inside| Obstacle::Process { pid: inside.process.pid, name: inside.name })
            .collect(),
        Err(error) => vec![Obstacle::Unknown(error.to_string())],
    }
}

fn look(
    spec: &WorktreeSpec,
    registered: Registration,
    folder: bool,
    changes: &[Change],
    default_branch: &str,
) -> Result<Work, WorkspaceError> {
    let index = judge::read_index(&registered.admin)?;
    let known = known(&index, changes);
    let listing = if folder {
        listing::list(&spec.path, &registered.admin, &known)?
    } else {
        Listing::default()
    };
    let mut judged = judge::judge(&spec.path, &listing, &index, changes)?;
    let tips = tips::find(spec, &registered, default_branch)?;
    let repository = git2::Repository::open(&spec.common_dir)?;
    judged.items.extend(judge::staged(&repository, tips.head, &index)?);
    Ok(Work { registered, folder, index, known, listing, judged, tips })
}

fn known(index: &judge::Entries, changes: &[Change]) -> Known {
    let mut known = Known::default();
    for (path, entry) in index {
        if entry.is_gitlink() {
            known.gitlinks.insert(path.clone());
        }
        known.tracked.insert(path.clone());
        known.above_tracked.extend(path.ancestors().skip(1).map(Path::to_owned));
    }
    for change in changes {
        if let Change::Other('!', path) = change {
            let path = path.strip_suffix(b"/").unwrap_or(path);
            known.ignored.insert(PathBuf::from(OsStr::from_bytes(path)));
        }
    }
    known
}

fn assemble(processes: Vec<Obstacle>, work: Result<Work, WorkspaceError>) -> Scan {
    let mut found = Found { exists: true, obstacles: processes, items: Vec::new() };
    match work {
        Ok(work) => {
            found.obstacles.extend(work.listing.obstacles.iter().cloned());
            found.items = items(&work);
            Scan { found, work: Some(work) }
        }
        Err(error) => {
            found.obstacles.push(Obstacle::Unknown(error.to_string()));
            Scan::without_work(found)
        }
    }
}

fn items(work: &Work) -> Vec<Item> {
    let mut items = work.judged.items.clone();
    items.extend(untracked(work));
    let unit = |unit: &listing::Unit| Item {
        what: unit.what,
        name: shown(&unit.path),
        count: unit.files,
        bytes: unit.bytes,
    };
    items.extend(work.listing.units.iter().chain(&work.judged.aside).map(unit));
    let admin = &work.registered.admin;
    items.extend(operations(admin).into_iter().map(|name| Item {
        what: What::Operation,
        name: name.to_owned(),
        count: 1,
        bytes: 0,
    }));
    let tips = &work.tips;
    let head = tips.head_branch.as_deref();
    let commits = [
        (What::Commits, tips.own, "its branch"),
        (What::Loose, tips.loose, head.map_or("detached HEAD", |_| "reflog")),
        (What::Elsewhere, usize::from(tips.is_elsewhere()), head.unwrap_or("detached HEAD")),
    ];
    for (what, count, name) in commits.into_iter().filter(|(_, count, _)| *count > 0) {
        items.push(Item { what, name: name.to_owned(), count: count as u64, bytes: 0 });
    }
    items.sort_by(|a, b| (a.what, &a.name).cmp(&(b.what, &b.name)));
    items
}

/// Untracked files, those in a folder of such as one.
fn untracked(work: &Work) -> Vec<Item> {
    let mut roots: BTreeMap<&Path, (u64, u64)> = BTreeMap::new();
    let aside: BTreeSet<&Path> = work.judged.aside.iter().map(|unit| unit.path.as_path()).collect();
    let files = work.listing.files.iter().filter(|file| !file.tracked);
    for file in files.filter(|file| !aside.contains(file.path.as_path())) {
        let above = file.path.ancestors().filter(|a| work.listing.untracked.contains(*a)).last();
        let (count, bytes) = roots.entry(above.unwrap_or(&file.path)).or_default();
        *count += 1;
        *bytes += file.stamp.size;
    }
    let item = |(path, (count, bytes)): (&Path, (u64, u64))| Item {
        what: What::Untracked,
        name: shown(path),
        count,
        bytes,
    };
    roots.into_iter().map(item).collect()
}

/// What is going on in the worktree, as gitrepository-layout(5) and git-status(1) tell it.
fn operations(admin: &Path) -> Vec<&'static str> {
    [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase or am"),
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("BISECT_LOG", "bisection"),
        ("sequencer", "sequence of cherry-picks or reverts"),
    ]
    .into_iter()
    .filter(|(file, _)| admin.join(file).exists())
    .map(|(_, name)| name)
    .collect()
}

pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
