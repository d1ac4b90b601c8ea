//! See the table of layers in ARCHITECTURE.md.

pub mod screen;
