//! What ao does: one folder per noun, one file per verb.

pub mod prompts;
