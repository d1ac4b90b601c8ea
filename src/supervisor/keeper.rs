//! The keeper: the parent of a detached supervisor, outside every session. A supervisor that
//! crashes is started again by it, for nobody inside a session may do that. It waits and does
//! nothing else.

use std::collections::VecDeque;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::SupervisorError;
use super::lock::last_holder;
use crate::config::{Environment, Paths};

/// More crashes than this within [`WINDOW`] are no accident: it gives up, and the next command
/// that needs a supervisor says what is wrong.
const MOST_CRASHES: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// Pause before the second and every further start within the window.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs supervisors until one ends by itself. The first one inherits standard output, on which it
/// says whether it came up.
pub fn keep() -> Result<(), SupervisorError> {
    let program = std::env::current_exe().map_err(SupervisorError::file("/proc/self/exe"))?;
    let lock = Paths::resolve(&Environment::of_process())?.lock_file();
    let mut crashes = VecDeque::new();
    let mut output = Stdio::inherit();
    let mut crashed: Option<u32> = None;
    loop {
        let mut command = Command::new(&program);
        command.args(["supervisor", "--kept"]);
        if let Some(pid) = crashed {
            // Looked at again under the lock: a stop may come at any moment until then.
            command.arg("--after").arg(pid.to_string());
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(output)
            .spawn()
            .map_err(SupervisorError::file(&program))?;
        // Whoever waits for the line waits for the end of the file, too.
        super::ready::close_output();
        output = Stdio::null();
        let status = child.wait().map_err(SupervisorError::file(&program))?;
        if ended_by_itself(status) {
            return Ok(());
        }
        tracing::error!(%status, "the supervisor crashed");
        let now = Instant::now();
        crashes.push_back(now);
        crashes.retain(|at| now.duration_since(*at) < WINDOW);
        if crashes.len() > MOST_CRASHES {
            tracing::error!("it crashed {} times within a minute, it stays down", crashes.len());
            return Ok(());
        }
        if crashes.len() > 1 {
            std::thread::sleep(PAUSE);
        }
        crashed = Some(child.id());
        if last_holder(&lock) != crashed {
            // Another one has taken over, or a person wants none.
            return Ok(());
        }
    }
}

/// Whether it was told to stop or could not start, rather than killed by a signal or a panic.
fn ended_by_itself(status: ExitStatus) -> bool {
    /// What Rust makes of a panic of the main thread.
    const PANICKED: i32 = 101;
    status.code().is_some_and(|code| code != PANICKED)
}
