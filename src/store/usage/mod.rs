//! Model calls and their tokens in the store, and how far transcripts have been read.

mod read;
mod transcripts;
mod write;

pub use read::{By, Filter, ModelCall, Sum, calls, sums};
pub use transcripts::{Place, of_session, place, set_place};
pub use write::{Counted, count, forget, shorten};
