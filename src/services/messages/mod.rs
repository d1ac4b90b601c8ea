//! Messages: accepted, delivered by one actor per recipient, shown.

mod deliver;
mod dispatch;
mod drop;
mod end;
mod expire;
mod find;
mod inbox;
mod list;
mod receipt;
mod recipient;
mod recover;
mod retry;
mod send;
mod wait;

pub use dispatch::Dispatch;
pub use drop::drop;
pub use end::end_recipient;
pub(super) use expire::expire;
pub use find::{find, view};
pub use inbox::inbox;
pub use list::{list, list_all};
pub use receipt::{Receipt, answered, receipt};
pub use retry::retry;
pub use send::{assign, send};
pub use wait::wait;
