//! The answers to a program's questions. Always the host's, never a viewer's: two viewers would give two answers, and
//! one that comes late is typed text.

use super::modes::Modes;
use super::policy::Query;
use super::size::Size;

/// Pixels of a cell for those who ask: viewers differ, so a usual size.
const CELL_WIDTH: u32 = 8;
const CELL_HEIGHT: u32 = 16;

/// What answers depend on.
pub(super) struct Facts<'a> {
    /// Modes in force.
    pub modes: &'a Modes,
    /// Size of the screen.
    pub size: Size,
    /// Row and column of the cursor, from 0.
    pub cursor: (u16, u16),
    /// First row of the scroll region, from 0.
    pub top: u16,
}

/// The answer.
pub(super) fn answer(query: Query, facts: &Facts<'_>) -> String {
    let Size { cols, rows } = facts.size;
    match query {
        // A VT220 with colour; no sixel graphics.
        Query::PrimaryAttributes => "\x1b[?62;22c".to_owned(),
        Query::SecondaryAttributes => "\x1b[>1;10;0c".to_owned(),
        Query::Version => format!("\x1bP>|ao {}\x1b\\", env!("CARGO_PKG_VERSION")),
        Query::Status => "\x1b[0n".to_owned(),
        Query::Cursor => {
            let (row, col) = position(facts);
            format!("\x1b[{row};{col}R")
        }
        Query::PrivateCursor => {
            let (row, col) = position(facts);
            format!("\x1b[?{row};{col}R")
        }
        // Dark, like the colours.
        Query::Theme => "\x1b[?997;1n".to_owned(),
        Query::AnsiMode(mode) => {
            format!("\x1b[{mode};{}$y", mode_state(facts.modes.state_ansi(mode)))
        }
        Query::PrivateMode(mode) => {
            format!("\x1b[?{mode};{}$y", mode_state(facts.modes.state(mode)))
        }
        Query::AreaPixels => {
            let (height, width) = (u32::from(rows) * CELL_HEIGHT, u32::from(cols) * CELL_WIDTH);
            format!("\x1b[4;{height};{width}t")
        }
        Query::CellPixels => format!("\x1b[6;{CELL_HEIGHT};{CELL_WIDTH}t"),
        Query::AreaCells => format!("\x1b[8;{rows};{cols}t"),
        Query::ScreenCells => format!("\x1b[9;{rows};{cols}t"),
    }
}

/// The cursor from 1, and from the margin when positions count from there.
fn position(facts: &Facts<'_>) -> (u16, u16) {
    let (row, col) = facts.cursor;
    let first = if facts.modes.origin { facts.top } else { 0 };
    (row.saturating_sub(first) + 1, col + 1)
}

/// DECRPM: 0 not known, 1 set, 2 reset.
fn mode_state(state: Option<bool>) -> u8 {
    match state {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    }
}
