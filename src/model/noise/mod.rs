//! The noise guard: laws that keep automatic messages few. Asked by `services/reports` and
//! `services/ping_pong`.

mod cap;
mod guard;
mod ping_pong;

pub use cap::capped_until;
pub use guard::{Dropped, Known, News, Past, Pauses, Verdict, admit};
pub use ping_pong::{Exchange, answers};
