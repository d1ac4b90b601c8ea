//! Tokens, summed up and turn by turn.

mod session;
mod sums;

pub use session::of_session;
pub use sums::list;
