//! Standard error as a log that does not grow without bound: where it is a file and that has become
//! too long, what is in it moves to `<file>.1` and it begins anew. For the roles that run for long.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes after which the file's length is looked at again.
const LOOK_EVERY: u64 = 64 * 1024;

/// A writer to standard error; each line of a log makes one.
#[derive(Debug, Clone, Copy)]
pub struct BoundedLog {
    limit: u64,
}

/// Bytes written since the last look; the first write looks.
static WRITTEN: AtomicU64 = AtomicU64::new(LOOK_EVERY);

impl BoundedLog {
    /// At most about `limit` bytes, and once more as much in the older file.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit }
    }
}

impl Write for BoundedLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        if WRITTEN.fetch_add(bytes.len() as u64, Ordering::Relaxed) >= LOOK_EVERY {
            WRITTEN.store(0, Ordering::Relaxed);
            // A log that cannot be shortened is still a log.
            let _ = shorten(&stderr, self.limit);
        }
        stderr.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Copied and emptied rather than renamed: other processes append to the same open file, the keeper
/// of a supervisor for one.
fn shorten(log: &impl AsFd, limit: u64) -> io::Result<()> {
    let facts = rustix::fs::fstat(log)?;
    let is_file = rustix::fs::FileType::from_raw_mode(facts.st_mode).is_file();
    if !is_file || facts.st_size.unsigned_abs() <= limit {
        return Ok(());
    }
    let open = PathBuf::from(format!("/proc/self/fd/{}", number(log)));
    let mut from = File::open(&open)?;
    let mut older = std::fs::read_link(&open)?.into_os_string();
    older.push(".1");
    let mut to = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(Path::new(&older))?;
    to.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    io::copy(&mut from, &mut to)?;
    Ok(rustix::fs::ftruncate(log, 0)?)
}

fn number(log: &impl AsFd) -> i32 {
    use std::os::fd::AsRawFd;
    log.as_fd().as_raw_fd()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_moves_and_every_writer_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let open = || std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let (mut first, mut second) = (open(), open());
        first.write_all(&[b'a'; 1000]).unwrap();
        shorten(&first, 1000).unwrap();
        assert_eq!(path.metadata().unwrap().len(), 1000, "not too long yet");
        shorten(&first, 999).unwrap();
        first.write_all(b"b").unwrap();
        second.write_all(b"c").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bc");
        let older = dir.path().join("a.log.1");
        assert_eq!(std::fs::read(&older).unwrap(), [b'a'; 1000]);
        assert_eq!(older.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
