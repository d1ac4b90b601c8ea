//! Workflow runs in the store: the run, its operations in the order of their results, what it
//! told, and results that later runs may take.

mod cache;
mod events;
mod forget;
mod ops;
mod read;
mod record;
mod runs;

pub use cache::{keep, known, known_of_run, shorten};
pub use events::{Told, note, tell, told};
pub use forget::forget;
pub use ops::{Ended, NewOp, Unit, Used, abandon, deliver, finish, issue, set_session, start};
pub use read::{agents_running, by_state, find, list, ops};
pub use record::{Op, Run};
pub use runs::{New, add, finish_run, set_paused, set_state};
