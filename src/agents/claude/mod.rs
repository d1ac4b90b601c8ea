//! What is particular to Claude Code: its settings file, its hooks.

mod hooks;
mod settings;

pub use hooks::{answer, neutral};
pub use settings::{HOOK_EVENTS, settings};
