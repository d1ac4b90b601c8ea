//! The board's laws: what may become of a task, which tasks can be begun, and that none waits for
//! itself. Pure; the board itself is in `store/tasks`.

mod id;
mod standing;
mod state;
mod wait_cycle;

pub use id::TaskId;
pub use standing::Standing;
pub use state::{Attempts, Refused, State, Step, after};
pub use wait_cycle::wait_cycle;
