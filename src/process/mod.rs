//! Evidence about processes, read from /proc and the kernel; nothing here forks or concludes.
//! Identity is pid plus start time, for pids are used again. Called by the session host, the
//! supervisor's reconciliation and everything that must know who is at the other end of a socket.

mod boot;
mod close_on_exec;
mod end;
mod environ;
mod error;
mod identity;
mod inside;
mod machine;
mod own_program;
mod peer;
mod program;
mod scrub;
mod signal;
mod stat;
mod tree;

pub use boot::boot_id;
pub use close_on_exec::close_on_exec_above_stdio;
pub use end::{Ended, end};
pub use environ::{EnvironMatches, find_by_environ, marked, read_environ};
pub use error::ProcessError;
pub use identity::{Evidence, ProcessId};
pub use inside::{Inside, inside};
pub use machine::{descriptors_left, load_per_cpu, memory_available_mb};
pub use own_program::is_replaced;
pub use peer::Peer;
pub use program::{Outcome, Program, Ran, run};
pub use scrub::scrub;
pub use signal::signal;
pub use tree::{ancestors, descendants, lineage, name};
