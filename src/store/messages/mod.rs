//! Messages in the store.

mod accept;
mod exchange;
mod read;
mod record;
mod rewrite;
mod state;

pub use accept::{New, accept};
pub use exchange::{Conversation, conversation, stopped};
pub use read::{Counts, counts, find, head, list, recipients_waiting, unreceipted, written_to};
pub use record::Message;
pub use rewrite::{Words, rewrite};
pub use state::{NewState, requeue_interrupted, set_state};
