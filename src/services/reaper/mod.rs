//! The reaper: sees to what nobody else is told of. Agents that have gone without a word of their
//! hosts, processes of sessions that are over, worktrees that belong to no session. It is woken by
//! whoever notices something, and looks by itself now and then; it starts no process to look.

mod keep;
mod look;
mod orphans;
mod strays;

pub use keep::{Reaper, keep, warnings};
