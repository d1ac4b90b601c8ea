//! Tokens, summed up and turn by turn.

mod cost;
mod session;
mod sums;

pub use cost::{check_priced, cost};
pub use session::of_session;
pub use sums::list;
