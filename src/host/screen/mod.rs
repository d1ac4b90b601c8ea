//! The screen of a session: what the pty's bytes amount to. Used by the session host alone.
//!
//! Bytes pass `scanner` (boundaries) and `policy` (what a sequence means here), and what is left goes, byte for
//! byte the same, to the emulator and to the viewers; so a repaint from the emulator and the live bytes agree.
//! Queries are answered here, always, and never reach a viewer.

mod alacritty;
mod answers;
#[cfg(test)]
mod behaviour;
mod cells;
mod clipped;
mod colors;
mod commands;
mod csi;
mod draw;
mod emulator;
mod kitty;
mod modes;
mod osc;
mod output;
mod policy;
#[cfg(test)]
mod properties;
mod repaint;
mod resets;
mod scanner;
mod sequences;
mod session_screen;
mod sgr;
mod size;
mod snapshot;
mod tabs;
mod terminal;
mod title;

pub use modes::{Modes, Mouse, MouseEncoding};
pub use output::{Output, ScreenEvent};
pub use session_screen::Screen;
pub use size::Size;
pub use snapshot::{Cursor, Snapshot};
