//! What is printed: tables cut to the terminal, JSON that is never cut, ids only. The only place
//! that knows comfy-table.

pub mod age;
pub mod agents;
pub mod bytes;
pub mod clean;
pub mod events;
mod live;
pub mod messages;
pub mod neutral;
pub mod permits;
mod printer;
pub mod projects;
pub mod sessions;
mod table;
pub mod tasks;
pub mod traces;
pub mod usage;

pub use live::{Line, Live};
pub use printer::Printer;
pub use table::Table;
