//! Codex: what its own record says. Everything else about it is in its manifest.

mod rollout;

pub use rollout::entries;
