//! Kills the supervisor at random moments, and sees to it that there is one again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::seed::Seed;
use crate::support::{Process, Sandbox};

/// What the killing came to.
#[derive(Debug, Clone, Copy)]
pub struct Killed {
    pub times: usize,
    pub last: Instant,
    /// From a kill to the next answer, the longest.
    pub longest: Duration,
}

/// Kills `times` times, with pauses between `pause.0` and `pause.1`, or until told to stop.
pub fn storm(
    sandbox: &Sandbox,
    seed: &mut Seed,
    times: usize,
    pause: (Duration, Duration),
    stop: &AtomicBool,
) -> Killed {
    let mut killed = Killed { times: 0, last: Instant::now(), longest: Duration::ZERO };
    for _ in 0..times {
        std::thread::sleep(seed.between(pause.0, pause.1));
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let Some(supervisor) = supervisor(sandbox) else {
            // The keeper has given up, or is not there yet: a person's next command starts one.
            sandbox.ao(&["ls"]).ok();
            continue;
        };
        supervisor.kill();
        killed.times += 1;
        killed.last = Instant::now();
        // The next command finds one, or starts one, as for a person.
        sandbox.ao(&["ls"]).ok();
        killed.longest = killed.longest.max(killed.last.elapsed());
    }
    killed
}

/// The supervisor, also one that is still coming up.
pub fn supervisor(sandbox: &Sandbox) -> Option<Process> {
    sandbox.processes().into_iter().find(|process| {
        let file = format!("/proc/{}/cmdline", process.pid());
        let line = std::fs::read(file).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        // Behind that, one that its keeper has brought back has the pid of the one before.
        words.windows(2).any(|pair| pair == [b"supervisor".as_slice(), b"--kept".as_slice()])
    })
}
