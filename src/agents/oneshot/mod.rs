//! One task, one process, one answer: a command that is given a prompt on standard input and says
//! its result. `ao workflow-agent` wraps it, outlives the supervisor and leaves `outcome.json`.
//! The supervisor's end is in `start`. Used by workflows.

mod order;
mod start;
mod turn;
mod wrap;

pub use order::{Ended, Order, Verdict};
pub use start::{OneshotError, end, run};
pub use wrap::wrap;
