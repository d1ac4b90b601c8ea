//! What agents say about themselves, and how their orchestrator learns of it: a report is kept as
//! a notice, several become one message at the end of their window, and what that message says is
//! looked at again right before it is written.

mod clock;
mod flush;
mod gather;
mod recheck;
mod report;
#[cfg(test)]
mod tests;

pub use clock::{Clock, keep};
pub(super) use recheck::look;
pub use recheck::{attempted, recheck};
pub use report::report;
