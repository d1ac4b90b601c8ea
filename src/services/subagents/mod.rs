//! Background subagents: accepted at once, done by headless sessions, harvested after a crash, told
//! to their parents. `spawn` accepts, `drive` sees each to its end.

mod cancel;
mod drive;
mod find;
mod list;
mod recover;
mod result;
mod spawn;
mod view;
mod wait;

pub use cancel::cancel;
pub use find::find;
pub use list::list;
pub use recover::recover;
pub use result::result;
pub use spawn::spawn;
pub use wait::wait;
