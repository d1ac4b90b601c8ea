//! How far a supervisor that has just started is with comparing its records with the world.
//! Requests wait for that, but those that only ask how it is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::wire::supervisor::Progress;

/// See the module.
pub struct Readiness {
    ready: watch::Sender<bool>,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            ready: watch::Sender::new(false),
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
        }
    }
}

impl Readiness {
    /// So many sessions are about to be compared.
    pub fn begin(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// One more is.
    pub fn one_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests are taken from now on.
    pub fn open(&self) {
        self.ready.send_replace(true);
    }

    /// Whether requests are taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// How far it is; nothing once all is compared.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        (done < total).then_some(Progress { done, total })
    }

    /// Waits until requests are taken; false if that takes longer than `limit`.
    pub async fn wait(&self, limit: Duration) -> bool {
        let mut ready = self.ready.subscribe();
        tokio::time::timeout(limit, ready.wait_for(|ready| *ready)).await.is_ok()
    }
}
