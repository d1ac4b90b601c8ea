//! Everything a viewer of the screen's own size needs to go on with live bytes, whatever its terminal shows.
//!
//! The main screen behind an alternate one is not in it: the host repaints when the program leaves the alternate one.

use super::cells::{Row, Width};
use super::draw;
use super::emulator::Emulator;
use super::kitty;
use super::sgr::Brush;
use super::terminal::Terminal;

/// Puts a terminal into the state all drawing starts from: nothing open, no margins, plain characters, no mode left
/// over. What one terminal does not know it skips.
pub(super) const PLAIN: &[u8] = b"\x1b[!p\x1b[?25l\x1b]8;;\x1b\\\x1b[m\x1b(B\x1b)B\x1b*B\x1b+B\x0f\
    \x1b[r\x1b[?6l\x1b[4l\x1b[20l\x1b[?5l\x1b[?7h\x1b[?45l\
    \x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l";

/// Begins and ends a synchronised update. The program's own is never restored: it ends with bytes that may not come.
pub(super) const BEGIN: &[u8] = b"\x1b[?2026h";
pub(super) const END: &[u8] = b"\x1b[?2026l";

impl Terminal {
    /// The bytes.
    pub(super) fn repaint(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 * 1024);
        let mut brush = Brush::default();
        out.extend_from_slice(BEGIN);
        out.extend_from_slice(kitty::RESET);
        // The screen first: leaving the alternate one brings back attributes and charsets of the main one.
        out.extend_from_slice(if self.modes.alternate { b"\x1b[?1049h" } else { b"\x1b[?1049l" });
        out.extend_from_slice(PLAIN);
        out.extend_from_slice(b"\x1b[H\x1b[2J");
        if !self.modes.alternate {
            // Some terminals scroll what they clear into the scrollback, so that goes second.
            out.extend_from_slice(b"\x1b[3J");
        }
        self.colors.restore(&mut out);
        self.draw_rows(&mut out, &mut brush);
        self.tabs.restore(&mut out);
        self.restore_cursors(&mut out, &mut brush);
        self.modes.restore(&mut out, self.kitty(), true);
        // Always: a viewer that was elsewhere has another one.
        self.restore_title(&mut out);
        out.extend_from_slice(if self.modes.cursor_visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
        out.extend_from_slice(END);
        out
    }

    /// Scrollback and screen as one text, from the first row of a cleared screen; what does not fit scrolls off.
    fn draw_rows(&self, out: &mut Vec<u8>, brush: &mut Brush) {
        let history = i32::try_from(self.emulator.history()).unwrap_or(i32::MAX);
        let rows = i32::from(self.emulator.size().rows);
        let (mut row, mut next) = (self.row(-history), Row::default());
        let mut start = Start::Blank;
        for index in -history..rows {
            if index + 1 < rows {
                self.emulator.read_row(index + 1, &mut next);
            } else {
                next.cells.clear();
            }
            start = draw_row(out, brush, &row, &next, start);
            std::mem::swap(&mut row, &mut next);
        }
        brush.clear(out);
    }

    /// Saved cursor, margins, origin, cursor: the order matters, since the second and third send the cursor home.
    fn restore_cursors(&self, out: &mut Vec<u8>, brush: &mut Brush) {
        let saved = self.emulator.saved_pen();
        draw::place(out, brush, &saved, 0, &self.row(i32::from(saved.row)));
        brush.style(out, &saved.style);
        brush.link(out, saved.link.as_ref());
        draw::charsets(out, &saved.charsets, false);
        out.extend_from_slice(b"\x1b7\x1b(B");
        let (top, bottom) = self.margins;
        if (top, bottom) != (0, self.emulator.size().rows - 1) {
            out.extend_from_slice(format!("\x1b[{};{}r", top + 1, bottom + 1).as_bytes());
        }
        if self.modes.origin {
            out.extend_from_slice(b"\x1b[?6h");
        }
        let origin = if self.modes.origin { top } else { 0 };
        let pen = self.emulator.pen();
        draw::place(out, brush, &pen, origin, &self.row(i32::from(pen.row)));
        brush.style(out, &pen.style);
        brush.link(out, pen.link.as_ref());
        draw::charsets(out, &pen.charsets, self.shifted);
    }

    fn restore_title(&self, out: &mut Vec<u8>) {
        if self.title.is_touched() {
            out.extend_from_slice(b"\x1b]2;");
            out.extend_from_slice(self.title.text().as_bytes());
            out.extend_from_slice(b"\x1b\\");
        }
    }
}

/// In what state the row before left the row to be drawn.
enum Start {
    /// Cleared, cursor in the first column.
    Blank,
    /// Its first, wide character is written, and its background may not be the terminal's.
    Begun,
}

/// Draws one row and goes to the next.
fn draw_row(out: &mut Vec<u8>, brush: &mut Brush, row: &Row, next: &Row, start: Start) -> Start {
    let cols = row.cells.len();
    let (from, used) = match start {
        Start::Blank => (0, row.used()),
        Start::Begun => (2, cols),
    };
    let last = cols - 1;
    if !row.wrapped || next.cells.is_empty() {
        draw::cells(out, brush, row, from, used.max(from));
        if !next.cells.is_empty() {
            // With a background colour in force the terminal would scroll in a coloured row.
            brush.clear(out);
            out.extend_from_slice(b"\r\n");
        }
        return Start::Blank;
    }
    // The terminal must know that the row goes on, so its last column is written and the wrap left to the terminal.
    let (spacer, first) = (&row.cells[last], &next.cells[0]);
    let same = spacer.style == first.style && spacer.link == first.link;
    if spacer.width == Width::LeadingSpacer && next.is_whole_wide(0) && same && from < last {
        draw::cells(out, brush, row, from, last);
        brush.style(out, &first.style);
        brush.link(out, first.link.as_ref());
        draw::character(out, first);
        return Start::Begun;
    }
    draw::cells(out, brush, row, from, cols);
    brush.clear(out);
    out.extend_from_slice(b" \r");
    Start::Blank
}
