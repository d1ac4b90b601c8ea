//! Sends a signal to processes, never to a stranger that has one's pid.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{Evidence, ProcessId};

/// Sends the signal with this number to each that is alive, through a pidfd whose start time was
/// checked. Tells how many took it; 0 also for a number that is no signal.
pub fn signal(processes: &[ProcessId], number: i32) -> usize {
    let Some(signal) = Signal::from_named_raw(number) else { return 0 };
    processes.iter().filter(|id| send(id, signal)).count()
}

fn send(id: &ProcessId, signal: Signal) -> bool {
    let Some(pid) = i32::try_from(id.pid).ok().and_then(Pid::from_raw) else { return false };
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    id.is_alive() == Evidence::Alive && pidfd_send_signal(&pidfd, signal).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn reaches_the_one_and_not_its_like() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let it = ProcessId::observe(child.id()).unwrap();
        let other = ProcessId { start_time: it.start_time.wrapping_sub(1), ..it };
        assert_eq!(signal(&[other], 9), 0);
        assert_eq!(signal(&[it], 0), 0);
        assert_eq!(signal(&[it], 15), 1);
        assert_eq!(child.wait().unwrap().signal(), Some(15));
    }
}
