//! Notices that the socket's file has gone: cleaners of temporary directories and logouts take it,
//! and a supervisor that nobody can reach would keep everybody else away by its lock.

use std::mem::MaybeUninit;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::sync::mpsc;

use super::SupervisorError;

/// The socket's file, told from another one under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: PathBuf,
    inode: Option<u64>,
}

impl Place {
    /// The file that is there now.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let inode = path.symlink_metadata().ok().map(|metadata| metadata.ino());
        Self { path: path.to_owned(), inode }
    }

    /// Whether that file is still there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.inode.is_some() && Self::of(&self.path) == *self
    }
}

/// Tells each time something has left the directory, from a thread that sleeps in the kernel until
/// then; the thread ends when the directory itself has gone, or nobody listens.
pub fn watch(directory: &Path) -> Result<mpsc::Receiver<()>, SupervisorError> {
    let failed = || SupervisorError::file(directory);
    let left = WatchFlags::DELETE | WatchFlags::MOVED_FROM;
    let itself = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    let watch = inotify::init(CreateFlags::CLOEXEC).map_err(|errno| failed()(errno.into()))?;
    inotify::add_watch(&watch, directory, left | itself).map_err(|errno| failed()(errno.into()))?;
    let (sender, receiver) = mpsc::channel(1);
    std::thread::Builder::new()
        .name("socket-watch".to_owned())
        .spawn(move || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = inotify::Reader::new(&watch, &mut buffer);
            while let Ok(event) = events.next() {
                let over = event.events().intersects(
                    inotify::ReadFlags::DELETE_SELF
                        | inotify::ReadFlags::MOVE_SELF
                        | inotify::ReadFlags::IGNORED,
                );
                // A full channel means that a look is due already.
                let heard =
                    !matches!(sender.try_send(()), Err(mpsc::error::TrySendError::Closed(())));
                if over || !heard {
                    return;
                }
            }
        })
        .map_err(failed())?;
    Ok(receiver)
}
