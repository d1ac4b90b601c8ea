//! The board: units of work with dependencies, an owner, a version and a result. A change names
//! the version that it was decided on, so that of several at once exactly one is made.

mod add;
mod cancel;
mod check;
mod claim;
mod done;
mod fail;
mod find;
mod list;
mod release;
mod result;
mod step;
mod update;
mod view;

pub use add::add;
pub use cancel::cancel;
pub use claim::claim;
pub use done::done;
pub use fail::fail;
pub use find::find;
pub use list::list;
pub use release::{release, release_owner};
pub use result::result;
pub use update::update;
