//! Messages: accepted, delivered by one actor per recipient, shown.

mod deliver;
mod dispatch;
mod end;
mod find;
mod list;
mod receipt;
mod recipient;
mod send;
mod wait;

pub use dispatch::Dispatch;
pub use end::{end_recipient, settle_written};
pub use find::{find, view};
pub use list::{list, list_all};
pub use receipt::receipt;
pub use send::{assign, send};
pub use wait::wait;
