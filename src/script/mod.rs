//! Workflow scripts: what a file says of itself without being run, whether it may be run, and the
//! engine that runs it, in a process of its own. The only place that names the JavaScript engine.
//! Used by `services` (the supervisor's end), and by the roles `ao workflow-host` and
//! `ao workflow check`.

#[cfg(test)]
mod behaviour;
mod check;
mod engine;
mod error;
mod host;
mod limits;
mod lint;
mod literal;
mod meta;
#[cfg(test)]
mod probes;
mod protocol;
mod scope;
mod tokens;

pub use check::{Checked, MAX_SOURCE, check};
pub use engine::{Engine, Step};
pub use error::Rejected;
pub use host::run as run_host;
pub use meta::{Meta, PhaseNote, Source, read as read_meta};
pub use protocol::{Fault, FromHost, Limits, MAX_LINE, Program, Settled, ToHost, read_line};
