//! Ends a set of processes for sure: SIGTERM, a grace time, SIGKILL, until nobody is seen.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, timeout_at};

use super::{Evidence, ProcessError, ProcessId};

/// Between two looks at who is left once SIGKILL was sent: only for what forked meanwhile, or
/// cannot be waited for; the usual end is an event on a pidfd.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What became of the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Seen, signalled, and no longer there.
    pub ended: Vec<ProcessId>,
    /// Still there, or not known to be gone, when the limit was reached. Empty means verified empty.
    pub left: Vec<ProcessId>,
}

/// Ends everything that `find` lists, also what it only lists later (children that were started
/// meanwhile). SIGTERM first, SIGKILL when `grace` is over; gives up `limit` after that. Each signal
/// goes through a pidfd whose start time was checked, so never to a stranger. Zombies count as
/// gone: reaping is the parent's.
///
/// # Errors
/// Those of `find`; what was signalled until then stays signalled.
pub async fn end(
    mut find: impl FnMut() -> Result<Vec<ProcessId>, ProcessError>,
    grace: Duration,
    limit: Duration,
) -> Result<Ended, ProcessError> {
    let kill_at = Instant::now() + grace;
    let give_up_at = kill_at + limit;
    let mut held: HashMap<ProcessId, AsyncFd<OwnedFd>> = HashMap::new();
    let mut all: Vec<ProcessId> = Vec::new();
    let mut seen_empty = false;
    loop {
        let now = Instant::now();
        let alive: Vec<ProcessId> =
            find()?.into_iter().filter(|id| id.is_alive() != Evidence::Gone).collect();
        if alive.is_empty() && seen_empty || now >= give_up_at {
            all.retain(|id| !alive.contains(id));
            return Ok(Ended { ended: all, left: alive });
        }
        // In the midst of execve(2) a process has no environment and is not found by it: empty is
        // what is so twice.
        seen_empty = alive.is_empty();
        for id in &alive {
            if !all.contains(id) {
                all.push(*id);
            }
            let fresh = !held.contains_key(id);
            let Some(pidfd) = hold(&mut held, *id) else { continue };
            if now >= kill_at {
                // It may have ended since it was looked at; the next look tells.
                let _ = pidfd_send_signal(pidfd, Signal::KILL);
            } else if fresh {
                let _ = pidfd_send_signal(pidfd, Signal::TERM);
                // A stopped process takes SIGTERM only when it goes on.
                let _ = pidfd_send_signal(pidfd, Signal::CONT);
            }
        }
        held.retain(|id, _| alive.contains(id));
        let all_held = alive.iter().all(|id| held.contains_key(id));
        let until = match now < kill_at && all_held && !seen_empty {
            true => kill_at,
            false => now + LOOK_AGAIN,
        };
        wait_for_all(&held, until.min(give_up_at)).await;
    }
}

/// The pidfd of `id`, opened once and believed only if the start time still is the one we want.
fn hold(
    held: &mut HashMap<ProcessId, AsyncFd<OwnedFd>>,
    id: ProcessId,
) -> Option<&AsyncFd<OwnedFd>> {
    if let Entry::Vacant(place) = held.entry(id) {
        let pid = i32::try_from(id.pid).ok().and_then(Pid::from_raw)?;
        let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
        // Checked after opening: from here on the descriptor means this process or none.
        if id.is_alive() != Evidence::Alive {
            return None;
        }
        // SAFETY: an OwnedFd is the same open descriptor until it is dropped, by the AsyncFd.
        let pidfd = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) };
        place.insert(pidfd.ok()?);
    }
    held.get(&id)
}

/// Until every process has ended (a pidfd becomes readable then) or the moment has come.
async fn wait_for_all(held: &HashMap<ProcessId, AsyncFd<OwnedFd>>, until: Instant) {
    if held.is_empty() {
        tokio::time::sleep_until(until).await;
    }
    for pidfd in held.values() {
        if timeout_at(until, pidfd.readable()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::process::descendants;

    /// A shell that ignores SIGTERM, and a child of it.
    fn stubborn() -> std::process::Child {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; sleep 1000 & echo up; wait; wait"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut up = [0; 3];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut up).unwrap();
        child
    }

    #[tokio::test]
    async fn ends_a_tree_that_ignores_sigterm() {
        let mut child = stubborn();
        let root = ProcessId::observe(child.id()).unwrap();
        let find = || {
            let mut all = descendants(root.pid)?;
            all.push(root);
            Ok(all)
        };
        let grace = Duration::from_millis(50);
        let ended = end(find, grace, Duration::from_secs(10)).await.unwrap();
        assert_eq!(ended.left, []);
        assert_eq!(ended.ended.len(), 2);
        assert_eq!(root.is_alive(), Evidence::Gone);
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn does_not_wait_out_the_grace_of_the_willing() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        let before = Instant::now();
        let ended =
            end(|| Ok(vec![it]), Duration::from_secs(60), Duration::from_secs(1)).await.unwrap();
        assert_eq!(ended, Ended { ended: vec![it], left: vec![] });
        assert!(before.elapsed() < Duration::from_secs(30));
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn never_signals_who_has_the_pid_now() {
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        let stale = ProcessId { start_time: it.start_time.wrapping_sub(1), ..it };
        let ended = end(|| Ok(vec![stale]), Duration::ZERO, Duration::from_secs(1)).await.unwrap();
        assert_eq!(ended, Ended::default());
        assert_eq!(it.is_alive(), Evidence::Alive);
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
