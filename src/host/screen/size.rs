//! How many columns and rows a terminal has.

use serde::{Deserialize, Serialize};

/// Fewest columns: a wide character needs two.
const MIN_COLS: u16 = 2;
/// Most columns and rows the emulator is given, so that a viewer's claim cannot make the host allocate gigabytes.
const MAX_COLS: u16 = 1000;
const MAX_ROWS: u16 = 500;

/// Columns and rows, in cells.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Cells in a row.
    pub cols: u16,
    /// Rows on the screen, without scrollback.
    pub rows: u16,
}

impl Default for Size {
    /// 120×40: what a session has until a person's terminal says otherwise.
    fn default() -> Self {
        Self { cols: 120, rows: 40 }
    }
}

impl Size {
    /// The nearest size the emulator can have: 2 to 1000 columns, 1 to 500 rows.
    pub fn clamped(self) -> Self {
        Self { cols: self.cols.clamp(MIN_COLS, MAX_COLS), rows: self.rows.clamp(1, MAX_ROWS) }
    }
}
