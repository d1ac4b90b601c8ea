//! Gemini CLI: what its own record says. Everything else about it is in its manifest.

mod chat;

pub use chat::entries;
