//! Messages: accepted, delivered by one actor per recipient, shown.

mod boundary;
mod channels;
mod deliver;
mod dispatch;
mod drop;
mod end;
mod evidence;
mod expire;
mod find;
mod inbox;
mod interrupt;
mod list;
mod receipt;
mod recipient;
mod recover;
mod retry;
mod send;
mod text;
mod wait;

pub(super) use boundary::{claim, hand_over, handed, not_handed};
pub use dispatch::Dispatch;
pub use drop::drop;
pub use end::{end_generation, end_recipient};
pub use evidence::{Evidence, seek_all_evidence, seek_evidence};
pub(super) use expire::expire;
pub use find::{find, view};
pub use inbox::inbox;
pub use list::{list, list_all};
pub use receipt::{Receipt, answered, receipt};
pub use retry::retry;
pub use send::{assign, is_assigned, note, send};
pub use wait::wait;
