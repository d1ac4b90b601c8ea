//! Moves files and folders, also to another file system, and removes folders that do not want to
//! be removed. A move that was cut off is done again and loses nothing.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::WorkspaceError;
use super::inspect::gone_from;
use super::undo::gone;
use crate::config::create_private_dir;

/// Moves `from` to `to`, where nothing is yet unless an earlier attempt came that far. On another
/// file system it is copied and made durable before the original goes. Done already: nothing.
///
/// # Errors
/// When neither is there, or the system refuses; then one of the two is whole.
pub(super) fn relocate(from: &Path, to: &Path) -> Result<(), WorkspaceError> {
    if !gone_from(to)? {
        // Whole, for it came there by a rename; what is left of the original is a copy's.
        return if gone_from(from)? { Ok(()) } else { remove(from) };
    }
    if let Some(parent) = to.parent()
        && gone_from(parent)?
    {
        create_private_dir(parent)?;
    }
    match rename(from, to) {
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => {
            let draft = draft(to);
            remove(&draft)?;
            copy(from, &draft)?;
            fs::rename(&draft, to).map_err(WorkspaceError::io("move into place", &draft))?;
            sync(to)?;
            remove(from)
        }
        moved => moved.map_err(WorkspaceError::io("move", from)),
    }
}

/// Renames; a folder that may not be written is made writable for the moment.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let metadata = from.symlink_metadata()?;
            if let Some(parent) = from.parent() {
                open_up(parent)?;
            }
            if !metadata.is_dir() {
                return fs::rename(from, to);
            }
            open_up(from)?;
            fs::rename(from, to)?;
            fs::set_permissions(to, metadata.permissions())
        }
        done => done,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    let mode = folder.metadata()?.permissions().mode();
    if mode & 0o700 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(mode | 0o700))
}

/// Removes whatever is at `path`, folders without write permission too; links are not followed.
/// Nothing there: done.
pub(super) fn remove(path: &Path) -> Result<(), WorkspaceError> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(WorkspaceError::io("look at", path)(e)),
    };
    if !metadata.is_dir() {
        return gone(fs::remove_file(path), path);
    }
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            open_all(path).map_err(WorkspaceError::io("make writable", path))?;
            gone(fs::remove_dir_all(path), path)
        }
        done => gone(done, path),
    }
}

fn open_all(folder: &Path) -> io::Result<()> {
    open_up(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Copies a file, link or folder with its permissions. Sockets and pipes have no content.
fn copy(from: &Path, to: &Path) -> Result<(), WorkspaceError> {
    let metadata = from.symlink_metadata().map_err(WorkspaceError::io("look at", from))?;
    let failed = || WorkspaceError::io("copy", from);
    if metadata.is_symlink() {
        let target = fs::read_link(from).map_err(failed())?;
        symlink(target, to).map_err(failed())?;
    } else if metadata.is_file() {
        fs::copy(from, to).map_err(failed())?;
        File::open(to).and_then(|file| file.sync_all()).map_err(failed())?;
    } else if metadata.is_dir() {
        fs::create_dir(to).map_err(failed())?;
        for entry in fs::read_dir(from).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        fs::set_permissions(to, metadata.permissions()).map_err(failed())?;
    }
    Ok(())
}

/// A name beside `to` for a copy in the making.
fn draft(to: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".ao-copy-");
    name.push(to.file_name().unwrap_or(std::ffi::OsStr::new("root")));
    let long = name.as_bytes().len() > 255;
    if long { to.with_file_name(".ao-copy") } else { to.with_file_name(name) }
}

/// Returns when everything that was written to the file system of `path` is durable.
pub(super) fn sync(path: &Path) -> Result<(), WorkspaceError> {
    let place = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let folder = File::open(place).map_err(WorkspaceError::io("open", place))?;
    rustix::fs::syncfs(&folder).map_err(|e| WorkspaceError::io("sync", place)(e.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path) {
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/f"), "1").unwrap();
        symlink("nowhere", root.join("a/l")).unwrap();
        fs::set_permissions(root.join("a/b/f"), Permissions::from_mode(0o400)).unwrap();
        fs::set_permissions(root.join("a/b"), Permissions::from_mode(0o500)).unwrap();
    }

    fn check(root: &Path) {
        assert_eq!(fs::read_to_string(root.join("a/b/f")).unwrap(), "1");
        assert_eq!(fs::read_link(root.join("a/l")).unwrap(), Path::new("nowhere"));
        let mode = |path: &str| root.join(path).metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("a/b"), mode("a/b/f")), (0o500, 0o400));
    }

    #[test]
    fn moves_once_and_again() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("x/y/to"));
        tree(&from);
        relocate(&from, &to).unwrap();
        check(&to);
        assert!(!from.exists());
        relocate(&from, &to).unwrap();
        check(&to);
        assert!(relocate(&from, &root.path().join("z")).is_err(), "neither is there");
        relocate(&to.join("a/b"), &root.path().join("b")).unwrap();
        remove(&root.path().join("b")).unwrap();
        remove(&to).unwrap();
        assert!(!to.exists());
    }

    #[test]
    fn a_copy_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        tree(&from);
        copy(&from, &to).unwrap();
        check(&to);
        // What is left of an original whose copy is in place goes.
        relocate(&from, &to).unwrap();
        assert!(!from.exists());
        remove(&to).unwrap();
    }
}
