//! Processes that a test has started, directly or not: which there are, and waiting for their end.

use std::path::Path;
use std::time::{Duration, Instant};

use ao::process::ProcessId;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A process that is known not to be another one with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(ProcessId);

impl Process {
    /// The live process of that number.
    pub fn of(pid: u64) -> Self {
        let pid = u32::try_from(pid).unwrap();
        Self(ProcessId::observe(pid).unwrap_or_else(|| panic!("{pid} is not alive")))
    }

    pub fn pid(self) -> u32 {
        self.0.pid
    }

    pub fn is_alive(self) -> bool {
        self.0.is_alive() == ao::process::Evidence::Alive
    }

    pub fn signal(self, signal: Signal) {
        if let Some(pidfd) = self.pidfd() {
            pidfd_send_signal(pidfd, signal).unwrap();
        }
    }

    pub fn kill(self) {
        self.signal(Signal::KILL);
        self.wait(super::SOON);
    }

    /// Waits until it has ended.
    pub fn wait(self, limit: Duration) {
        assert!(self.ends_within(limit), "{} was not gone within {limit:?}", self.0.pid);
    }

    fn ends_within(self, limit: Duration) -> bool {
        let Some(pidfd) = self.pidfd() else { return true };
        let timeout = Timespec::try_from(limit).unwrap();
        // A child of the test that ends meanwhile interrupts the call.
        let ended =
            retry_on_intr(|| poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timeout)));
        ended.unwrap() == 1
    }

    fn pidfd(self) -> Option<rustix::fd::OwnedFd> {
        let pid = Pid::from_raw(self.0.pid.cast_signed()).unwrap();
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        self.is_alive().then_some(pidfd)
    }
}

/// Processes that have `directory` in their environment or command line, but this one.
pub fn marked(directory: &Path) -> Vec<Process> {
    let needle = directory.as_os_str().as_encoded_bytes();
    let names_it = |file: String| {
        std::fs::read(file).is_ok_and(|text| text.windows(needle.len()).any(|part| part == needle))
    };
    let all = std::fs::read_dir("/proc").unwrap().map_while(Result::ok);
    all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            names_it(format!("/proc/{pid}/environ")) || names_it(format!("/proc/{pid}/cmdline"))
        })
        .filter_map(|pid| ProcessId::observe(pid).map(Process))
        .collect()
}

/// How a process looks to a person.
pub fn described(process: Process) -> String {
    let pid = process.pid();
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    format!("{pid} {}", String::from_utf8_lossy(&command).replace('\0', " "))
}

/// Waits until every one of them has ended; returns those that have not.
pub fn wait_gone(processes: &[Process], limit: Duration) -> Vec<Process> {
    let deadline = Instant::now() + limit;
    let late = |process: &&Process| {
        !process.ends_within(deadline.saturating_duration_since(Instant::now()))
    };
    processes.iter().filter(late).copied().collect()
}
