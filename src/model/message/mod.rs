//! A message: its states, when it may be written, what an attempt's outcome makes of it, and what
//! of its text reaches a terminal.

mod bereft;
mod channel;
mod fence;
mod gate;
mod header;
mod interrupt;
mod outcome;
mod policy;
mod rate;
mod state;
mod text;

pub use bereft::{Ending, after_recipient};
pub use channel::{Boundary, Channel};
pub use fence::fence;
pub use gate::{Begun, Head, Next, Recipient, at_boundary, next, receipt_due};
pub use interrupt::{Interrupt, StopKey};
pub use outcome::{Attempt, Left, after_attempt, after_cut_off, retry_delay_ms};
pub use policy::Policy;
pub use rate::{Rates, Recent, TooFast, check_rate};
pub use state::{Dead, Held, State, Uncertain};
pub use text::{Sender, TextError, clean, pointer, stamp};

/// Largest text of a message in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
