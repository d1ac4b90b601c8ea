//! Which process, beyond doubt: its pid and when it started.

use serde::{Deserialize, Serialize};

use super::{ProcessError, stat};

/// A process of this boot. The same pid with another start time is another process; across boots
/// compare [`boot_id`](super::boot_id) first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId {
    /// The number the kernel gave it.
    pub pid: u32,
    /// Clock ticks since boot (field 22 of proc_pid_stat(5)).
    pub start_time: u64,
}

/// What a probe found out. Nobody may take `Unknown` for a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Seen running (or stopped), with the same start time.
    Alive,
    /// No such pid, another process under that pid, or a zombie.
    Gone,
    /// The probe failed.
    Unknown,
}

impl ProcessId {
    /// The live process that has this pid now; `None` also when the probe fails.
    #[must_use]
    pub fn observe(pid: u32) -> Option<Self> {
        stat::read(pid).ok().flatten().filter(|stat| !stat.dead).map(|stat| stat.id)
    }

    /// This process itself.
    pub fn current() -> Result<Self, ProcessError> {
        let pid = std::process::id();
        stat::read(pid)?.map(|stat| stat.id).ok_or(ProcessError::Vanished { pid })
    }

    /// A child of this process that was not reaped: known also when it has already ended.
    pub fn of_child(pid: u32) -> Result<Self, ProcessError> {
        stat::read(pid)?.map(|stat| stat.id).ok_or(ProcessError::Vanished { pid })
    }

    /// Whether exactly this process lives.
    #[must_use]
    pub fn is_alive(&self) -> Evidence {
        match stat::read(self.pid) {
            Ok(Some(stat)) if stat.id == *self && !stat.dead => Evidence::Alive,
            Ok(Some(_)) => Evidence::Gone,
            Ok(None) if self.answers_signals() => Evidence::Unknown,
            Ok(None) => Evidence::Gone,
            Err(_) => Evidence::Unknown,
        }
    }

    /// Whether exactly this process is seen stopped, by a signal or a debugger: it answers nobody
    /// until somebody lets it go on, while one that only is slow will answer.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        stat::read(self.pid).is_ok_and(|stat| stat.is_some_and(|s| s.id == *self && s.stopped))
    }

    /// A /proc mounted with `hidepid` hides processes that the kernel still knows.
    fn answers_signals(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| {
            !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_start_time_is_another_process() {
        let me = ProcessId::current().unwrap();
        assert_eq!(me.is_alive(), Evidence::Alive);
        assert_eq!(ProcessId::observe(me.pid), Some(me));
        let earlier = ProcessId { start_time: me.start_time - 1, ..me };
        assert_eq!(earlier.is_alive(), Evidence::Gone);
    }

    #[test]
    fn a_zombie_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        // Waits for the end without reaping.
        rustix::process::waitid(
            rustix::process::WaitId::Pid(pid),
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT,
        )
        .unwrap();
        let stat = stat::read(child.id()).unwrap().unwrap();
        assert!(stat.dead);
        assert_eq!(stat.id.is_alive(), Evidence::Gone);
        assert_eq!(ProcessId::observe(child.id()), None);
        child.wait().unwrap();
        assert_eq!(stat.id.is_alive(), Evidence::Gone);
    }
}
