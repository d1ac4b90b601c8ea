//! Notices that transcripts grow, from the file system.

use std::collections::{BTreeSet, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::model::ids::SessionId;

use super::transcript::Key;

/// The transcripts that the file system tells of: one inotify instance for all.
pub(super) struct Watches {
    changes: Option<AsyncFd<OwnedFd>>,
    by_number: HashMap<i32, Key>,
}

impl Watches {
    /// Without inotify (a limit, say) hooks still tell when there is something to read.
    pub(super) fn new() -> Self {
        let made = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(std::io::Error::from)
            .and_then(|fd| {
                // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
                unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }
                    .map_err(std::io::Error::from)
            });
        if let Err(error) = &made {
            tracing::warn!(%error, "transcripts are read only when hooks tell of them");
        }
        Self { changes: made.ok(), by_number: HashMap::new() }
    }

    /// Tells of this one from now on.
    pub(super) fn add(&mut self, session: &SessionId, path: &Path) {
        let Some(changes) = &self.changes else { return };
        // The number of a file that is watched already is the same again.
        if let Ok(number) = inotify::add_watch(changes.get_ref(), path, WatchFlags::MODIFY) {
            self.by_number.insert(number, (session.clone(), path.to_owned()));
        }
    }

    /// No longer tells of this one.
    pub(super) fn remove(&mut self, session: &SessionId, path: &Path) {
        let Some(changes) = &self.changes else { return };
        self.by_number.retain(|number, (owner, watched)| {
            let goes = owner == session && watched == path;
            if goes {
                // One that has gone with its file is not there to be removed.
                let _ = inotify::remove_watch(changes.get_ref(), *number);
            }
            !goes
        });
    }

    /// The transcripts that have changed, once some have.
    pub(super) async fn changed(&mut self) -> Vec<Key> {
        let Some(changes) = &self.changes else { return std::future::pending().await };
        let Ok(mut guard) = changes.readable().await else {
            return std::future::pending().await;
        };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(changes.get_ref(), &mut buffer);
        let mut numbers = BTreeSet::new();
        while let Ok(event) = reader.next() {
            numbers.insert(event.wd());
        }
        guard.clear_ready();
        numbers.iter().filter_map(|number| self.by_number.get(number)).cloned().collect()
    }
}
