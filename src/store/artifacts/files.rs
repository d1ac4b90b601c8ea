//! The files: `<data>/artifacts/<first two digits>/<all digits>`, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::config::{create_private_dir, write_private};
use crate::store::StoreError;

/// Largest artifact in bytes.
pub const LIMIT: u64 = 64 * 1024 * 1024;

/// How long a file stays that no row knows: whoever has just written it gets to make its row.
const GRACE: Duration = Duration::from_secs(3600);

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 in hex: its name.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// The directory of artifacts. All of it blocks on the disk.
#[derive(Debug)]
pub struct ArtifactFiles {
    dir: PathBuf,
    /// Between seeing that a file is there and relying on it, nobody removes it.
    one: Mutex<()>,
}

impl ArtifactFiles {
    /// In `dir`, which is made with the first artifact.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, one: Mutex::new(()) }
    }

    /// Stores the bytes; they are on disk when this returns. What is there already is not written
    /// again. Make a row for it with [`super::hold`] within the hour.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] over [`LIMIT`], or the system's.
    pub fn put(&self, bytes: &[u8]) -> Result<Stored, StoreError> {
        let size = bytes.len() as u64;
        if size > LIMIT {
            return Err(StoreError::TooLarge { bytes: size, limit: LIMIT });
        }
        let sha256 = hex(&Sha256::digest(bytes));
        let path = self.path(&sha256);
        let _guard = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_whole(&path, size) {
            let parent = path.parent().unwrap_or(&self.dir);
            create_private_dir(parent).map_err(|error| system(parent, io::Error::other(error)))?;
            write_private(&path, bytes).map_err(|error| system(&path, io::Error::other(error)))?;
        } else if let Ok(file) = File::options().append(true).open(&path) {
            // Its hour begins anew. A file whose time cannot be set is only removed earlier, and
            // then it has no row yet that could miss it.
            let _ = file.set_modified(SystemTime::now());
        }
        Ok(Stored { sha256, bytes: size })
    }

    /// The whole artifact, checked against its name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`] when the content is another, or the
    /// system's.
    pub fn read(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let missing = || StoreError::NotFound { what: "artifact", id: sha256.to_owned() };
        if !is_name(sha256) {
            return Err(missing());
        }
        let path = self.path(sha256);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(system(&path, error)),
        };
        let mut bytes = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| system(&path, error))?;
        if hex(&Sha256::digest(&bytes)) != sha256 {
            let reason = "its content is not what its name says".to_owned();
            return Err(StoreError::Damaged { path, reason });
        }
        Ok(bytes)
    }

    /// Where the artifact of that name is, or would be; nothing for what is no name.
    #[must_use]
    pub fn place(&self, sha256: &str) -> Option<PathBuf> {
        is_name(sha256).then(|| self.path(sha256))
    }

    /// Removes files that `is_known` does not know and that nobody has stored within the hour.
    /// One that cannot be removed is left for the next time.
    ///
    /// # Errors
    /// The system's, of reading the directory.
    pub fn remove_unknown(&self, is_known: impl Fn(&str) -> bool) -> Result<usize, StoreError> {
        let mut removed = 0;
        for folder in entries(&self.dir)? {
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if is_known(name) {
                    continue;
                }
                let _guard = self.one.lock().unwrap_or_else(PoisonError::into_inner);
                if is_old(&path) && fs::remove_file(&path).is_ok() {
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.dir.join(&sha256[..2]).join(sha256)
    }
}

/// 64 hex digits, as every artifact is called: nothing else names a file.
fn is_name(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_whole(path: &Path, size: u64) -> bool {
    fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() == size)
}

fn is_old(path: &Path) -> bool {
    let age = fs::symlink_metadata(path)
        .and_then(|facts| facts.modified())
        .map(|at| at.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age > GRACE)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let read = match fs::read_dir(dir) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(system(dir, error)),
    };
    Ok(read.flatten().map(|entry| entry.path()).collect())
}

fn system(path: &Path, source: io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn files() -> (tempfile::TempDir, ArtifactFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = ArtifactFiles::new(dir.path().join("artifacts"));
        (dir, files)
    }

    #[test]
    fn the_same_bytes_are_one_private_file() {
        let (_dir, files) = files();
        let one = files.put(b"hello").unwrap();
        assert_eq!(files.put(b"hello").unwrap(), one);
        assert_eq!(one.bytes, 5);
        assert_eq!(files.read(&one.sha256).unwrap(), b"hello");
        let path = files.path(&one.sha256);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let folder = path.parent().unwrap();
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn what_was_cut_off_is_written_again_and_what_was_changed_is_not_given_out() {
        let (_dir, files) = files();
        let one = files.put(b"hello").unwrap();
        fs::write(files.path(&one.sha256), b"he").unwrap();
        assert!(matches!(files.read(&one.sha256), Err(StoreError::Damaged { .. })));
        files.put(b"hello").unwrap();
        assert_eq!(files.read(&one.sha256).unwrap(), b"hello");
    }

    #[test]
    fn names_that_are_none_name_no_file() {
        let (_dir, files) = files();
        for name in ["", "..", "../../etc/passwd", &"g".repeat(64), &"a".repeat(64)] {
            assert!(matches!(files.read(name), Err(StoreError::NotFound { .. })), "{name}");
        }
    }

    #[test]
    fn too_large_leaves_nothing() {
        let (_dir, files) = files();
        let large = vec![0; usize::try_from(LIMIT).unwrap() + 1];
        assert!(matches!(files.put(&large), Err(StoreError::TooLarge { .. })));
        assert!(!files.dir.exists());
    }

    #[test]
    fn only_old_files_that_nobody_knows_are_removed() {
        let (_dir, files) = files();
        let [known, old, fresh] = [&b"known"[..], b"old", b"fresh"].map(|b| files.put(b).unwrap());
        let long_ago = SystemTime::now() - GRACE * 2;
        for stored in [&known, &old] {
            let file = File::options().append(true).open(files.path(&stored.sha256)).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        assert_eq!(files.remove_unknown(|name| name == known.sha256).unwrap(), 1);
        assert!(files.read(&old.sha256).is_err());
        assert!(files.read(&known.sha256).is_ok() && files.read(&fresh.sha256).is_ok());
        let file = File::options().append(true).open(files.path(&fresh.sha256)).unwrap();
        file.set_modified(long_ago).unwrap();
        files.put(b"fresh").unwrap();
        assert_eq!(files.remove_unknown(|name| name == known.sha256).unwrap(), 0);
    }
}
