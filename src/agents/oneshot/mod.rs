//! One task, one process, one answer: a command that is given a prompt on standard input and says
//! its result. `ao one-shot` wraps it, outlives the supervisor and leaves `outcome.json`.
//! The supervisor's end is in `start`. Used by workflows.

mod listener;
mod order;
mod start;
mod turn;
mod wrap;

pub use listener::{Deaf, Listener};
pub use order::{Ended, Order, Verdict};
pub use start::{OneshotError, end, outcome, run, write_order};
pub use wrap::wrap;
