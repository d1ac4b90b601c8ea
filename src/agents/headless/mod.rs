//! Agents' headless modes: what a program prints while it works on one task, as events that all
//! agents share. Pure; `oneshot` runs the programs.

mod claude;
mod codex;
mod gemini;
mod opencode;
mod reader;
mod said;
mod schema;

pub use reader::{Output, Reader};
pub use said::{Said, Spent};
pub use schema::{Takes, for_agent};
