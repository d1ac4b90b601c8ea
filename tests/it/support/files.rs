//! Waiting for what a file says, woken by the file system.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

/// A pipe in the file system, to which nobody writes yet.
pub fn make_pipe(path: &Path) {
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

/// What is looked for need not be a file: it is looked for again after this without a change.
const UNSEEN: Duration = Duration::from_millis(250);

/// Calls `look` now and after every change in `directory` until it finds something.
pub fn eventually<T>(directory: &Path, what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_within(super::SOON, directory, what, look)
}

/// The same with a limit of its own.
pub fn eventually_within<T>(
    limit: Duration,
    directory: &Path,
    what: &str,
    look: impl FnMut() -> Option<T>,
) -> T {
    let found = watched(limit, directory, look);
    found.unwrap_or_else(|| panic!("not within {limit:?}: {what}"))
}

/// Whether it is so within the limit.
pub fn changes_to(directory: &Path, limit: Duration, is_so: impl Fn() -> bool) -> bool {
    watched(limit, directory, || is_so().then_some(())).is_some()
}

fn watched<T>(limit: Duration, directory: &Path, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
        .expect("the limit of inotify instances is not reached");
    let changes = inotify::WatchFlags::MODIFY
        | inotify::WatchFlags::CREATE
        | inotify::WatchFlags::DELETE
        | inotify::WatchFlags::ATTRIB
        | inotify::WatchFlags::MOVED_TO;
    inotify::add_watch(&watch, directory, changes)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let mut fds = [PollFd::new(&watch, PollFlags::IN)];
        let pause = left.min(UNSEEN);
        let _ = poll(&mut fds, Some(&Timespec::try_from(pause).unwrap()));
        let mut buffer = [0; 4096];
        while rustix::io::read(&watch, &mut buffer).is_ok_and(|count| count > 0) {}
    }
}
