//! The proof that messages arrive: many of them, while the supervisor is killed, while dialogs are
//! open, while nobody reads. What senders were told, what the agents read and what `ao` says of
//! each message are compared by one checker (`history`).
//!
//! `AO_TEST_SEED` repeats a run, `AO_STORM=full` makes everything as large as it gets.

mod dialogs;
mod ended;
mod enters;
pub mod field;
pub mod history;
mod hostile;
mod keys;
pub mod kills;
pub mod seed;
pub mod sender;
mod stalled;
mod storms;
