//! Agents' headless modes: what a program prints while it works on one task, as events that all
//! agents share. Pure; `oneshot` runs the programs.

mod claude;
mod codex;
mod gemini;
mod opencode;
mod reader;
mod rules;
mod said;
mod schema;

pub use reader::{Form, Output, Reader};
pub use rules::OutputRule;
pub use said::{Said, Spent};
pub use schema::{Takes, for_agent};
