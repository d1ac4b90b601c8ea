//! SQLite: the one place where facts are kept, and the only writer of them. One file per aggregate;
//! every change writes its journal row in the same transaction. Used by `services` alone.

mod change;
mod database;
mod error;
mod format;
pub mod hook_events;
pub mod idempotency;
pub mod journal;
pub mod messages;
mod migrations;
pub mod notices;
pub mod projects;
pub mod sessions;

pub use change::{Change, Origin};
pub use database::Store;
pub use error::StoreError;
pub use format::check_format;
pub use migrations::SCHEMA;
