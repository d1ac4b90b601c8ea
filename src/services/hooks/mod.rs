//! What agents' hooks tell: activity, receipts of prompts, ends of turns. Told at once by
//! `ao hook`, or kept in its spool while the supervisor was away.

mod apply;
mod replay;
mod take;

pub use replay::{replay, replay_all, replay_file};
pub use take::take;
