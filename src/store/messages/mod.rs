//! Messages in the store.

mod accept;
mod exchange;
mod interrupt;
mod read;
mod record;
mod rewrite;
mod state;

pub use accept::{Limits, New, accept};
pub use exchange::{Conversation, conversation, stopped};
pub use interrupt::set_interrupt;
pub use read::{
    Counts, counts, find, has_any, head, inbox, interrupting, list, recent, recipients_waiting,
    submitted_to, unreceipted, unsettled, written_to,
};
pub use record::Message;
pub use rewrite::{Words, rewrite};
pub use state::{NewState, set_hook_event, set_reply, set_state};
