//! Everything in a worktree's folder, by our own look at it: git's status leaves out what flags,
//! patterns and settings hide. Two listings that are equal mean that nothing has changed between.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::nested::{self, Opaque};
use crate::config::open_regular;
use crate::model::work::{FolderEvidence, Obstacle, What, is_cache};

/// The begin of a file that marks a folder as a cache: the Cache Directory Tagging Specification.
const CACHE_TAG: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// What git says about paths; all of them are relative to the worktree.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// In the index, at any stage.
    pub(super) tracked: BTreeSet<PathBuf>,
    /// Every folder above one that is tracked.
    pub(super) above_tracked: BTreeSet<PathBuf>,
    /// Ignored, itself or what is in it.
    pub(super) ignored: BTreeSet<PathBuf>,
    /// Submodules.
    pub(super) gitlinks: BTreeSet<PathBuf>,
}

/// A file or symbolic link that git could store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    pub(super) tracked: bool,
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Type and permissions, as in `st_mode`.
    pub(super) mode: u32,
    pub(super) size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A file or folder that is taken as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) path: PathBuf,
    pub(super) what: What,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// A folder that is in no unit, with its permissions; the worktree's own comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) mode: u32,
}

/// All of a worktree; its `.git` file aside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) files: Vec<File>,
    pub(super) units: Vec<Unit>,
    pub(super) folders: Vec<Folder>,
    /// Folders that hold untracked files only: they stand for those in a report.
    pub(super) untracked: BTreeSet<PathBuf>,
    pub(super) obstacles: Vec<Obstacle>,
}

/// What a folder holds, all the way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Nothing,
    Only(What, u64, u64),
    Mixed,
}

impl Content {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::Only(a, n, m), Self::Only(b, k, l)) if a == b => Self::Only(a, n + k, m + l),
            _ => Self::Mixed,
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            mode: metadata.mode(),
            size: metadata.size(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(super) fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
}

/// Lists the folder. `admin` is its git directory, to tell its submodules from other repositories.
pub(super) fn list(root: &Path, admin: &Path, known: &Known) -> Result<Listing, WorkspaceError> {
    let mut walk = Walk { root, admin, known, found: Listing::default() };
    let itself = root.symlink_metadata().map_err(WorkspaceError::io("look at", root))?;
    walk.found.folders.push(Folder { path: PathBuf::new(), mode: itself.mode() & 0o7777 });
    walk.folder(Path::new(""), false)?;
    Ok(walk.found)
}

struct Walk<'a> {
    root: &'a Path,
    admin: &'a Path,
    known: &'a Known,
    found: Listing,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, ignored: bool) -> Result<Content, WorkspaceError> {
        let mut content = Content::Nothing;
        for (name, metadata) in entries(&self.root.join(path))? {
            let below = path.join(&name);
            if path.as_os_str().is_empty() && name.as_bytes() == b".git" {
                continue;
            }
            let ignored = ignored || self.known.ignored.contains(&below);
            let found = if metadata.is_dir() {
                self.below(below, &metadata, ignored)?
            } else {
                self.file(below, &metadata, ignored)
            };
            content = content.and(found);
        }
        Ok(content)
    }

    fn below(
        &mut self,
        path: PathBuf,
        metadata: &Metadata,
        ignored: bool,
    ) -> Result<Content, WorkspaceError> {
        let full = self.root.join(&path);
        let tracked = self.known.above_tracked.contains(&path);
        if let Some(opaque) = nested::look(&full, self.admin)? {
            return self.opaque(path, opaque);
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if ignored && !tracked && is_cache(&name, evidence(&full)) {
            return self.cache(path);
        }
        let before = (self.found.units.len(), self.found.folders.len());
        self.found.folders.push(Folder { path: path.clone(), mode: metadata.mode() & 0o7777 });
        let content = self.folder(&path, ignored)?;
        match content {
            Content::Only(What::Ignored, files, bytes) if !tracked => {
                // One thing instead of many: nothing else is in it.
                self.found.units.truncate(before.0);
                self.found.folders.truncate(before.1);
                self.found.units.push(Unit { path, what: What::Ignored, files, bytes });
            }
            Content::Only(What::Untracked, ..) if !tracked => {
                self.found.untracked.insert(path);
            }
            _ => {}
        }
        Ok(content)
    }

    fn file(&mut self, path: PathBuf, metadata: &Metadata, ignored: bool) -> Content {
        let kind = metadata.file_type();
        let special = kind.is_socket() || kind.is_fifo();
        let tracked = self.known.tracked.contains(&path);
        let bytes = metadata.size();
        let mut unit = |what, bytes| {
            self.found.units.push(Unit { path: path.clone(), what, files: 1, bytes });
            Content::Only(what, 1, bytes)
        };
        if special {
            return unit(What::Special, 0);
        }
        if !kind.is_file() && !kind.is_symlink() {
            let text = format!("{} is a device", path.display());
            self.found.obstacles.push(Obstacle::Unknown(text));
            return Content::Mixed;
        }
        if ignored && !tracked {
            return unit(What::Ignored, bytes);
        }
        if path.file_name().is_some_and(|name| !is_storable(name)) {
            return unit(What::Unstorable, bytes);
        }
        self.found.files.push(File { path, stamp: Stamp::of(metadata), tracked });
        if tracked { Content::Mixed } else { Content::Only(What::Untracked, 1, bytes) }
    }

    fn opaque(&mut self, path: PathBuf, opaque: Opaque) -> Result<Content, WorkspaceError> {
        let what = match opaque {
            Opaque::Worktree => {
                self.found.obstacles.push(Obstacle::OtherWorktree(path.display().to_string()));
                return Ok(Content::Mixed);
            }
            Opaque::Submodule => What::Submodule,
            Opaque::Repository if self.known.gitlinks.contains(&path) => What::Submodule,
            Opaque::Repository => What::Nested,
        };
        let (files, bytes) = self.measure(&path, &mut |walk, inner| {
            if let Some(Opaque::Worktree) = nested::look(&walk.root.join(inner), walk.admin)? {
                let text = inner.display().to_string();
                walk.found.obstacles.push(Obstacle::OtherWorktree(text));
            }
            Ok(true)
        })?;
        self.found.units.push(Unit { path, what, files, bytes });
        Ok(Content::Mixed)
    }

    /// A cache goes; a repository in it does not.
    fn cache(&mut self, path: PathBuf) -> Result<Content, WorkspaceError> {
        let mut nested = Vec::new();
        let (files, bytes) = self.measure(&path, &mut |walk, inner| {
            let found = nested::look(&walk.root.join(inner), walk.admin)?;
            Ok(match found {
                Some(opaque) => {
                    nested.push((inner.to_owned(), opaque));
                    false
                }
                None => true,
            })
        })?;
        for (inner, opaque) in nested {
            self.opaque(inner, opaque)?;
        }
        self.found.units.push(Unit { path, what: What::Cache, files, bytes });
        Ok(Content::Mixed)
    }

    /// Counts files and bytes below `path`; `enter` says of each folder whether to go in.
    fn measure(
        &mut self,
        path: &Path,
        enter: &mut dyn FnMut(&mut Self, &Path) -> Result<bool, WorkspaceError>,
    ) -> Result<(u64, u64), WorkspaceError> {
        let (mut files, mut bytes) = (0, 0);
        for (name, metadata) in entries(&self.root.join(path))? {
            let below = path.join(name);
            if !metadata.is_dir() {
                files += 1;
                bytes += metadata.size();
            } else if enter(self, &below)? {
                let inner = self.measure(&below, enter)?;
                files += inner.0;
                bytes += inner.1;
            }
        }
        Ok((files, bytes))
    }
}

/// The entries of a folder in the order of their names.
fn entries(folder: &Path) -> Result<BTreeMap<std::ffi::OsString, Metadata>, WorkspaceError> {
    let failed = || WorkspaceError::io("list", folder);
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        // Not followed: what a link leads to is not in the worktree.
        all.insert(entry.file_name(), entry.metadata().map_err(failed())?);
    }
    Ok(all)
}

fn evidence(folder: &Path) -> FolderEvidence {
    let mut tag = [0; CACHE_TAG.len()];
    let file = open_regular(&folder.join("CACHEDIR.TAG"));
    let is_read = file.is_ok_and(|mut file| file.read_exact(&mut tag).is_ok());
    FolderEvidence {
        cache_tag: is_read && tag == *CACHE_TAG,
        python_environment: folder.join("pyvenv.cfg").is_file(),
    }
}

/// Whether git takes the name into a tree: not what this system or another one reads as `.git`.
fn is_storable(name: &OsStr) -> bool {
    let lower = name.as_bytes().to_ascii_lowercase();
    let is_git = lower.strip_prefix(b".git").is_some_and(|rest| {
        rest.starts_with(b":") || rest.iter().all(|b| matches!(b, b' ' | b'.'))
    });
    !is_git && !lower.starts_with(b"git~") && !lower.contains(&b'\\')
}

/// Permissions that a plain checkout gives: no need to keep them.
pub(super) fn is_plain(stamp: &Stamp) -> bool {
    stamp.is_link()
        || matches!(fs::Permissions::from_mode(stamp.mode).mode() & 0o7777, 0o644 | 0o755)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_stores() {
        for name in [".gitignore", ".github", ".gitlab-ci.yml", ".gitkeep", "git", "a.git", "é"] {
            assert!(is_storable(OsStr::new(name)), "{name}");
        }
        for name in [".git", ".GIT", ".git ", ".Git. .", ".git::$INDEX_ALLOCATION", "git~1", "a\\b"]
        {
            assert!(!is_storable(OsStr::new(name)), "{name}");
        }
    }
}
