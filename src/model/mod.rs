//! Nouns and laws, pure: `now` is an argument, nothing here does I/O. Called by every other layer.

pub mod admission;
pub mod agent_type;
pub mod board;
pub mod breaker;
pub mod caller;
pub mod flow;
pub mod glob;
pub mod ids;
pub mod message;
pub mod names;
pub mod noise;
pub mod permission;
pub mod report;
pub mod rights;
pub mod session;
pub mod subagent;
pub mod trace;
pub mod trust;
pub mod usage;
pub mod work;
pub mod workflow;
