//! What is particular to Claude Code: its settings file, its hooks.

mod hooks;
mod settings;
mod transcript;

pub use hooks::{answer, neutral};
pub use settings::{HOOK_EVENTS, settings};
pub use transcript::contexts;
