//! Tool calls and turns in the store. `see` is the one writer of a call.

mod read;
mod record;
mod retention;
mod turns;
mod write;

pub use read::{Filter, find, list};
pub use record::{Teller, Trace};
pub use retention::{forget, shorten};
pub use turns::{Turn, close_turn, open_turn, turn_number, turns};
pub use write::{adopt_chain, give_up, see, see_more, set_tokens};
