//! Projects: registered repositories.

mod add;
mod find;
mod list;
mod remove;
mod set;

pub use add::add;
pub(super) use find::load;
pub use find::{find, view};
pub use list::list;
pub use remove::remove;
pub use set::set;
