//! SQLite: the one place where facts are kept, and the only writer of them. One file per aggregate;
//! every change writes its journal row in the same transaction. Used by `services` alone.

pub mod artifacts;
mod backup;
pub mod breakers;
mod change;
mod database;
mod error;
pub mod flows;
mod format;
pub mod hook_channels;
pub mod hook_events;
pub mod idempotency;
pub mod journal;
pub mod messages;
mod migrations;
pub mod notices;
pub mod permits;
pub mod projects;
mod readers;
mod run_page;
mod salvage;
pub mod scratchpad;
pub mod sessions;
pub mod subagents;
pub mod tasks;
pub mod traces;
pub mod usage;
pub mod workflows;

pub use change::{Change, Origin};
pub use database::Store;
pub use error::StoreError;
pub use format::check_format;
pub use migrations::SCHEMA;
pub use salvage::{drop_orphans, salvage};
