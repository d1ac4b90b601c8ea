//! Projects: registered repositories.

mod add;
mod find;
mod list;
mod remove;
mod set;
mod trust;

pub use add::add;
pub(super) use find::load;
pub use find::{find, view};
pub use list::list;
pub use remove::remove;
pub use set::set;
pub(super) use trust::trust_in;
pub use trust::{set_trust, trust};
