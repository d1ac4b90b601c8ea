//! The lock that makes a supervisor the only one of its data directory. The lock is the truth:
//! a socket or a process id that an earlier one left means nothing.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::SupervisorError;
use crate::config::Paths;

/// How long a lock may outlive who took it: a program that one was about to start when it was killed
/// has the lock, too, until it is that program.
const REMNANT: Duration = Duration::from_secs(5);
/// Between two looks; a lock that is let go tells only those who wait for it without an end.
const PAUSE: Duration = Duration::from_millis(10);

/// Held while the supervisor lives; the kernel lets go of it with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock of the data directory, or says that another process has it. Whoever follows
/// `after`, one that crashed, takes it only while the claim of that one stands: somebody may have
/// told it to stop, or another one may have come and gone.
pub fn take(file: &Path, data: &Path, after: Option<u32>) -> Result<Lock, SupervisorError> {
    let failed = SupervisorError::file(file);
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(file);
    let mut opened = opened.map_err(failed)?;
    let late = Instant::now() + REMNANT;
    loop {
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => break,
            Err(rustix::io::Errno::WOULDBLOCK) if is_left_over(file) && Instant::now() < late => {
                std::thread::sleep(PAUSE);
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(SupervisorError::Running { data: data.to_owned() });
            }
            Err(errno) => return Err(SupervisorError::file(file)(errno.into())),
        }
    }
    if after.is_some() && last_holder(file) != after {
        return Err(SupervisorError::NotWanted);
    }
    // For people who look, and for the keeper: whose crash is its business?
    let note = format!("{}\n", std::process::id());
    let written = opened.set_len(0).and_then(|()| opened.write_all(note.as_bytes()));
    written.map_err(SupervisorError::file(file))?;
    Ok(Lock { _file: opened })
}

/// The process that had the lock last and did not lose its claim since; it may be gone.
pub fn last_holder(file: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(file).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Whether whoever claims the lock is gone. One that has just taken it and not said so yet is told
/// apart a moment later.
fn is_left_over(file: &Path) -> bool {
    last_holder(file).is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}

/// For `ao stop` where nobody listens: takes the claim from a supervisor that crashed, so that its
/// keeper leaves it at that. Returns whether a process holds the lock, being about to listen or
/// about to go. Makes nothing.
///
/// # Errors
/// When the lock is there and cannot be opened.
pub fn withdraw(paths: &Paths) -> Result<bool, SupervisorError> {
    let file = paths.lock_file();
    let opened = match OpenOptions::new().write(true).open(&file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(SupervisorError::file(&file)(error)),
    };
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => opened.set_len(0).map(|()| false).map_err(SupervisorError::file(&file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(errno) => Err(SupervisorError::file(&file)(errno.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn a_lock_that_outlives_its_holder_is_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("lock");
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        let pid = gone.id();
        gone.wait().unwrap();
        let held = File::create(&file).unwrap();
        flock(&held, FlockOperation::NonBlockingLockExclusive).unwrap();
        let me = std::process::id();
        std::fs::write(&file, me.to_string()).unwrap();
        let busy = take(&file, root.path(), None);
        assert!(matches!(busy, Err(SupervisorError::Running { .. })), "who claims it lives");
        std::fs::write(&file, pid.to_string()).unwrap();
        let ends = std::thread::spawn(move || {
            std::thread::sleep(PAUSE * 10);
            drop(held);
        });
        drop(take(&file, root.path(), Some(pid)).unwrap());
        assert_eq!(last_holder(&file), Some(me));
        ends.join().unwrap();
    }

    #[test]
    fn a_claim_ends_with_a_stop_and_not_with_a_crash() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let variables = [("AO_DATA_DIR", data.as_path()), ("AO_CONFIG_DIR", root.path())];
        let environment = Environment::of(variables.map(|(n, v)| (n, v.as_os_str().to_owned())));
        let paths = Paths::resolve(&environment).unwrap();
        let file = paths.lock_file();
        assert!(!withdraw(&paths).unwrap());
        assert!(!data.exists(), "looking makes nothing");
        std::fs::create_dir(&data).unwrap();
        let lock = take(&file, &data, None).unwrap();
        assert!(withdraw(&paths).unwrap(), "it is held");
        drop(lock);
        assert_eq!(last_holder(&file), Some(std::process::id()));
        assert!(!withdraw(&paths).unwrap());
        assert_eq!(last_holder(&file), None);
        let after = Some(std::process::id());
        let late = take(&file, &data, after);
        assert!(matches!(late, Err(SupervisorError::NotWanted)), "the stop came first");
        drop(take(&file, &data, None).unwrap());
        drop(take(&file, &data, after).unwrap());
    }
}
