//! Background subagents: their rows, the one writer of their states, and the message that tells of
//! an end in the same transaction.

mod read;
mod record;
mod state;

pub use read::{Filter, count_open, find, list, of_session, open};
pub use record::{New, Subagent};
pub use state::{End, add, cancel, ended, forget, running};
