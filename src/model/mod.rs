//! Nouns and laws, pure: `now` is an argument, nothing here does I/O. Called by every other layer.

pub mod ids;
pub mod names;
