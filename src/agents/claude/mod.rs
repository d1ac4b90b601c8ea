//! What is particular to Claude Code: its settings file, its hooks, its transcript.

mod hooks;
mod settings;
mod transcript;

pub use hooks::{answer, neutral, situation};
pub use settings::{HOOK_EVENTS, settings};
pub use transcript::{conversation_of, entries};
