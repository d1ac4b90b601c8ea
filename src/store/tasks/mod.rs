//! The board's rows. `state.rs` is the one writer of a task's state, `update.rs` of its words and
//! dependencies; each change is one version more.

mod add;
mod forget;
mod history;
mod read;
mod record;
mod seen;
mod state;
mod update;

pub use add::{New, add};
pub use forget::forget;
pub use history::{Entry, history};
pub use read::{Filter, find, get, list};
pub use record::Task;
pub use seen::{Seen, seen};
pub use state::{Move, release_owner, take_step};
pub use update::{Update, update};
