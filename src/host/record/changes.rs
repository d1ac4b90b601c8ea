//! Waits for changes in a directory, woken by the file system.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A directory in which files are made and written.
#[derive(Debug)]
pub struct Changes {
    watch: AsyncFd<OwnedFd>,
}

impl Changes {
    /// From now on. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the directory is not there or cannot be watched.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO;
        inotify::add_watch(&watch, dir, what)?;
        // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
        let watch = unsafe { AsyncFd::register_with_interest(watch, Interest::READABLE) }?;
        Ok(Self { watch })
    }

    /// Until something has changed since the last call.
    ///
    /// # Errors
    /// When the watch breaks.
    pub async fn next(&self) -> io::Result<()> {
        let mut guard = self.watch.readable().await?;
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(self.watch.get_ref(), &mut buffer);
        loop {
            match reader.next() {
                Ok(_) => {}
                Err(Errno::WOULDBLOCK) => {
                    guard.clear_ready();
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
