//! Directories and files that nobody else may read: 0700 and 0600 under any umask. Used for
//! everything that `ao` itself writes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};

use super::ConfigError;

/// Makes `path` a directory of mode 0700 that belongs to this user; parents that are missing are
/// made likewise. One that exists is tightened to 0700.
///
/// # Errors
/// When `path` is a symbolic link or no directory, belongs to somebody else, or cannot be made.
pub fn create_private_dir(path: &Path) -> Result<(), ConfigError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    match made {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(ConfigError::io("create", path)(e)),
    }
    // Everything further goes through the open directory: the name could be exchanged meanwhile.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| match e {
        rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP => {
            ConfigError::NotADirectory(path.to_owned())
        }
        e => ConfigError::io("open", path)(e.into()),
    })?;
    let facts =
        rustix::fs::fstat(&directory).map_err(|e| ConfigError::io("inspect", path)(e.into()))?;
    let user = rustix::process::getuid().as_raw();
    if facts.st_uid != user {
        return Err(ConfigError::ForeignOwner { path: path.to_owned(), owner: facts.st_uid, user });
    }
    // Nothing is added: a directory that its owner has made read-only stays that.
    if facts.st_mode & 0o7077 != 0 {
        rustix::fs::fchmod(&directory, Mode::from_raw_mode(facts.st_mode) & Mode::RWXU)
            .map_err(|e| ConfigError::io("make private", path)(e.into()))?;
    }
    Ok(())
}

/// Writes `bytes` to `path` with mode 0600, whole or not at all: a new file beside it, fsync,
/// rename, fsync of the directory. What was there is replaced; a symbolic link there is replaced
/// too, not followed.
///
/// # Errors
/// When the directory is missing or cannot be written, or the disk is full; nothing is left then.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ConfigError> {
    let failed = ConfigError::io("write", path);
    let (draft, file) = match open_draft(path) {
        Ok(opened) => opened,
        Err(e) => return Err(failed(e)),
    };
    let written = write_draft(file, bytes).and_then(|()| fs::rename(&draft, path));
    if let Err(e) = written {
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
        return Err(failed(e));
    }
    let parent = path.parent().unwrap_or(Path::new("/"));
    File::open(parent).and_then(|d| d.sync_all()).map_err(ConfigError::io("sync", parent))
}

/// A new file beside `path`, under a name that no other thread or process uses.
fn open_draft(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    loop {
        let mut draft = std::ffi::OsString::from(".");
        draft.push(name);
        draft.push(format!(".{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let draft = path.with_file_name(draft);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft) {
            // Left by one that was killed while it wrote, and had this process's pid.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|file| (draft, file)),
        }
    }
}

fn write_draft(mut file: File, bytes: &[u8]) -> io::Result<()> {
    // The umask may have taken bits away.
    rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_a_killed_writer_of_the_same_pid_has_left_is_in_nobodys_way() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        for number in 0..500 {
            fs::write(root.path().join(format!(".f.{}.{number}", std::process::id())), "").unwrap();
        }
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn directories_are_made_private_and_tightened() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        create_private_dir(&deep).unwrap();
        for made in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&root.path().join(made)), 0o700, "{made}");
        }
        fs::set_permissions(&deep, fs::Permissions::from_mode(0o755)).unwrap();
        create_private_dir(&deep).unwrap();
        assert_eq!(mode(&deep), 0o700);
        fs::set_permissions(&deep, fs::Permissions::from_mode(0o555)).unwrap();
        create_private_dir(&deep).unwrap();
        assert_eq!(mode(&deep), 0o500, "read-only stays read-only");
    }

    #[test]
    fn links_files_and_foreign_directories_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        create_private_dir(&target).unwrap();
        let link = root.path().join("link");
        symlink(&target, &link).unwrap();
        assert!(matches!(create_private_dir(&link), Err(ConfigError::NotADirectory(_))));
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(create_private_dir(&file), Err(ConfigError::NotADirectory(_))));
        assert!(create_private_dir(&file.join("below")).is_err());
        if rustix::process::getuid().is_root() {
            let foreign = root.path().join("foreign");
            fs::create_dir(&foreign).unwrap();
            std::os::unix::fs::chown(&foreign, Some(12345), None).unwrap();
            let refused = create_private_dir(&foreign);
            assert!(matches!(refused, Err(ConfigError::ForeignOwner { owner: 12345, .. })));
        }
    }

    #[test]
    fn files_are_private_and_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "no draft is left");
        assert!(write_private(&root.path().join("none/f"), b"x").is_err());
    }

    #[test]
    fn a_link_is_replaced_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("outside");
        fs::write(&outside, "kept").unwrap();
        let path = root.path().join("f");
        symlink(&outside, &path).unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&outside).unwrap(), b"kept");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("d");
        fs::create_dir(&path).unwrap();
        assert!(write_private(&path, b"x").is_err(), "a directory is in the way");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
