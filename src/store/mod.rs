//! See the table of layers in ARCHITECTURE.md.
