//! What ao is about to tell a session of its own accord, in the store.

mod note;
mod read;
mod record;
mod settle;

pub use note::{New, Noted, note};
pub use read::{CappedRecipient, capped, message_at_cap, of_message, open_message, recipients};
pub use read::{count_waiting, waiting};
pub use record::Notice;
pub use settle::{attach, discard, postpone, set_told, set_withheld, shorten};
