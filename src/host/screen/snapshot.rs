//! The screen as text, for programs and people who are not attached.

use serde::{Deserialize, Serialize};

use super::draw;
use super::emulator::Emulator;
use super::modes::Modes;
use super::sgr::Brush;
use super::size::Size;
use super::terminal::Terminal;

/// Where the cursor is.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Row on the screen, from 0; scrollback does not count.
    pub row: u16,
    /// Column, from 0.
    pub col: u16,
    /// Whether the program shows it.
    pub visible: bool,
}

/// A screen at one moment.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The screen's size.
    pub size: Size,
    /// One per row, scrollback first, oldest first; blanks at the end are cut off. With `ansi`: SGR and hyperlinks,
    /// and none left open at the end of a row.
    pub lines: Vec<String>,
    /// How many of `lines` are scrollback.
    pub scrollback: usize,
    /// The cursor.
    pub cursor: Cursor,
    /// The title; empty when there is none.
    pub title: String,
    /// The modes in force.
    pub modes: Modes,
}

impl Terminal {
    pub(super) fn snapshot(&self, ansi: bool, scrollback: usize) -> Snapshot {
        let size = self.emulator.size();
        let history = self.emulator.history().min(scrollback);
        let first = i32::try_from(history).map_or(0, |rows| -rows);
        let lines = (first..i32::from(size.rows)).map(|index| self.line(index, ansi)).collect();
        let (row, col) = self.emulator.cursor();
        let cursor = Cursor { row, col, visible: self.modes.cursor_visible };
        let title = self.title.text().to_owned();
        Snapshot { size, lines, scrollback: history, cursor, title, modes: self.modes }
    }

    /// One row as text.
    pub(super) fn line(&self, index: i32, ansi: bool) -> String {
        let row = self.row(index);
        if !ansi {
            return row.text();
        }
        let mut out = Vec::new();
        let mut brush = Brush::default();
        draw::cells(&mut out, &mut brush, &row, 0, row.used());
        brush.clear(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}
