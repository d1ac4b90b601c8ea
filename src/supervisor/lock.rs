//! The lock that makes a supervisor the only one of its data directory. The lock is the truth:
//! a socket or a process id that an earlier one left means nothing.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::SupervisorError;

/// Held while the supervisor lives; the kernel lets go of it with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock of the data directory, or says that another process has it.
pub fn take(file: &Path, data: &Path) -> Result<Lock, SupervisorError> {
    let failed = SupervisorError::file(file);
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(file);
    let mut opened = opened.map_err(failed)?;
    match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            return Err(SupervisorError::Running { data: data.to_owned() });
        }
        Err(errno) => return Err(SupervisorError::file(file)(errno.into())),
    }
    // For people who look; nothing reads it.
    let note = format!("{}\n", std::process::id());
    let written = opened.set_len(0).and_then(|()| opened.write_all(note.as_bytes()));
    written.map_err(SupervisorError::file(file))?;
    Ok(Lock { _file: opened })
}
