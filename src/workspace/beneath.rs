//! Opens folders and files below a root without following a symbolic link on the way: what a
//! repository says about paths must not lead out of it. Called by [`super::link`] and
//! [`super::include`].

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, open, openat, statat, symlinkat};
use rustix::io::Errno;

use super::WorkspaceError;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A folder that paths are relative to.
#[derive(Debug)]
pub(super) struct Beneath {
    root: OwnedFd,
    path: PathBuf,
}

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    File { bytes: u64 },
    Other,
}

impl Beneath {
    pub(super) fn new(path: &Path) -> Result<Self, WorkspaceError> {
        // The root itself is ours or the person's own choice: links above it are theirs.
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty())
            .map_err(|e| WorkspaceError::io("open", path)(e.into()))?;
        Ok(Self { root, path: path.to_owned() })
    }

    /// What is at `path`, itself no link followed; nothing where a folder on the way is missing.
    pub(super) fn look(&self, path: &Path) -> Result<Found, WorkspaceError> {
        let parent = match self.parent(path, false) {
            Ok(parent) => parent,
            Err(Errno::NOENT) => return Ok(Found::Nothing),
            Err(Errno::NOTDIR | Errno::LOOP) => return Ok(Found::Other),
            Err(e) => return Err(self.error("look at", path, e)),
        };
        match statat(&parent, name(path), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if found.st_mode & 0o170_000 == 0o100_000 => {
                Ok(Found::File { bytes: u64::try_from(found.st_size).unwrap_or_default() })
            }
            Ok(_) => Ok(Found::Other),
            Err(Errno::NOENT) => Ok(Found::Nothing),
            Err(e) => Err(self.error("look at", path, e)),
        }
    }

    /// Opens a regular file for reading.
    pub(super) fn read(&self, path: &Path) -> Result<File, WorkspaceError> {
        // A pipe that was put in its place must not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = self
            .parent(path, false)
            .and_then(|parent| openat(parent, name(path), flags, Mode::empty()))
            .map_err(|e| self.error("read", path, e))?;
        Ok(File::from(opened))
    }

    /// Makes a file that is not there yet, and the folders above it.
    pub(super) fn create(&self, path: &Path, mode: u32) -> Result<File, WorkspaceError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = self
            .parent(path, true)
            .and_then(|parent| openat(parent, name(path), flags, Mode::from_raw_mode(mode)))
            .map_err(|e| self.error("make", path, e))?;
        Ok(File::from(opened))
    }

    /// Makes a symbolic link that is not there yet, and the folders above it.
    pub(super) fn link(&self, path: &Path, target: &Path) -> Result<(), WorkspaceError> {
        self.parent(path, true)
            .and_then(|parent| symlinkat(target, parent, name(path)))
            .map_err(|e| self.error("link", path, e))
    }

    /// The folder above `path`, each folder on the way opened through the one above it.
    fn parent(&self, path: &Path, make: bool) -> Result<OwnedFd, Errno> {
        let mut at = self.root.as_fd().try_clone_to_owned().map_err(errno)?;
        for component in path.parent().unwrap_or(Path::new("")).components() {
            let Component::Normal(folder) = component else { return Err(Errno::INVAL) };
            at = match openat(&at, folder, FOLDER, Mode::empty()) {
                Err(Errno::NOENT) if make => {
                    match mkdirat(&at, folder, Mode::from_raw_mode(0o777)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(e) => return Err(e),
                    }
                    openat(&at, folder, FOLDER, Mode::empty())?
                }
                opened => opened?,
            };
        }
        Ok(at)
    }

    fn error(&self, action: &'static str, path: &Path, errno: Errno) -> WorkspaceError {
        WorkspaceError::io(action, self.path.join(path))(errno.into())
    }
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

/// Whether a path has only plain components and leaves git's own folders alone.
pub(super) fn is_plain(path: &Path) -> bool {
    let git = OsStr::new(".git");
    path.file_name().is_some()
        && path.components().all(|c| matches!(c, Component::Normal(name) if name != git))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_leads_out() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        symlink(outside.path(), root.path().join("way")).unwrap();
        symlink(outside.path().join("secret"), root.path().join("file")).unwrap();
        let below = Beneath::new(root.path()).unwrap();
        for path in ["way/secret", "file"] {
            assert_eq!(below.look(Path::new(path)).unwrap(), Found::Other, "{path}");
            assert!(below.read(Path::new(path)).is_err(), "{path}");
        }
        for path in ["way/new", "../new", "file", "/new"] {
            assert!(below.create(Path::new(path), 0o600).is_err(), "{path}");
        }
        assert!(below.link(Path::new("way/new"), Path::new("x")).is_err());
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
        below.create(Path::new("a/b/c"), 0o600).unwrap();
        assert_eq!(below.look(Path::new("a/b/c")).unwrap(), Found::File { bytes: 0 });
        assert_eq!(below.look(Path::new("a/x/c")).unwrap(), Found::Nothing);
    }

    #[test]
    fn plain_paths() {
        for (path, plain) in
            [("a", true), ("a/b", true), ("", false), ("../a", false), ("/a", false)]
        {
            assert_eq!(is_plain(Path::new(path)), plain, "{path}");
        }
        assert!(!is_plain(Path::new(".git/hooks/x")) && !is_plain(Path::new("a/.git")));
    }
}
