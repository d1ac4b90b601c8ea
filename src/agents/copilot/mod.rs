//! GitHub Copilot CLI: what its own record says. Everything else about it is in its manifest.

mod events;

pub use events::entries;
