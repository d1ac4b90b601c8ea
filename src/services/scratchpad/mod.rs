//! The scratchpad: small versioned values by key, a project's own and one set for each run of a
//! flow. Read and written by whoever may use the board.

mod get;
mod list;
mod place;
mod put;
mod remove;

pub use get::get;
pub use list::list;
pub use put::put;
pub use remove::remove;
