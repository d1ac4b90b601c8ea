//! The process `ao host`: opens the terminal, starts the agent, serves its socket, and goes when
//! the agent has ended and nothing of its tree is left. One thread; all state is in one task.

mod boot;
mod calls;
mod deliver;
mod end;
mod enter;
mod host;
mod interrupt;
mod keys;
mod listen;
mod outbox;
mod output;
mod pty_queue;
mod resume;
mod tickets;
mod viewers;

pub use boot::{Report, run};

/// The kernel's name of a host's process: how callers inside a session are known. Only the host
/// itself can set or change it.
pub const PROCESS_NAME: &str = "ao-host";
