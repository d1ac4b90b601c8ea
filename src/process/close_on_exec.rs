//! Keeps file descriptors that this process inherited from reaching the programs it starts.

use std::os::fd::{BorrowedFd, RawFd};
use std::{fs, io};

use rustix::io::{Errno, FdFlags, fcntl_getfd, fcntl_setfd};

use super::ProcessError;

/// Marks every open descriptor above 2 close-on-exec. What this program opens by itself is marked
/// from the start; this is for what it was started with.
pub fn close_on_exec_above_stdio() -> Result<(), ProcessError> {
    mark().map_err(ProcessError::Descriptors)
}

fn mark() -> io::Result<()> {
    let mut open: Vec<RawFd> = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        if let Some(fd) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
            open.push(fd);
        }
    }
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // SAFETY: the number is used for this one call only, which neither closes nor keeps the
        // descriptor; a number that is closed by now (the directory's own) gives EBADF.
        let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
        let marked = fcntl_getfd(descriptor)
            .and_then(|flags| fcntl_setfd(descriptor, flags | FdFlags::CLOEXEC));
        match marked {
            Ok(()) | Err(Errno::BADF) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_an_inherited_one() {
        let file = fs::File::open("/dev/null").unwrap();
        fcntl_setfd(&file, FdFlags::empty()).unwrap();
        close_on_exec_above_stdio().unwrap();
        assert!(fcntl_getfd(&file).unwrap().contains(FdFlags::CLOEXEC));
    }
}
