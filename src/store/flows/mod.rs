//! Runs of flows: their steps with what waits for what, the processes that work for them, and which
//! flows of a repository may run programs. Called by `services::flows` alone.

mod claim;
mod finish;
mod read;
mod record;
mod retry;
mod runs;
mod trust;
mod work;

pub use claim::{Candidate, Claim, Ready, adopt, claim, put_back, ready, standing};
pub use finish::{End, approve, cancel_open, finish};
pub use read::{find, list, open, state_of, step, steps};
pub use record::{Run, Step};
pub use retry::retry;
pub use runs::{New, NewStep, add, pause, set_budget, set_state};
pub use trust::{is_trusted, set_trusted};
pub use work::{Begun, Intent, WorkEnd, begin, end, finished_items, is_begun, lost_work};
