//! A picture for a viewer whose size is not the screen's: raw bytes would garble there.

use super::draw;
use super::emulator::Emulator;
use super::repaint::{BEGIN, END, PLAIN};
use super::sgr::Brush;
use super::size::Size;
use super::terminal::Terminal;

impl Terminal {
    /// The rows around the cursor, from the left edge, as much as fits; the rest of a larger viewer stays empty. It is
    /// drawn on the viewer's alternate screen, so that pictures in a row do not fill its scrollback. Modes of the
    /// keyboard are as the program wants them; mouse events are off, since their places would be wrong.
    pub(super) fn clipped(&self, viewer: Size) -> Vec<u8> {
        let size = self.emulator.size();
        let pen = self.emulator.pen();
        let top = self.first_row(viewer);
        let cols = usize::from(size.cols.min(viewer.cols));
        let mut out = Vec::with_capacity(8 * 1024);
        let mut brush = Brush::default();
        out.extend_from_slice(BEGIN);
        out.extend_from_slice(PLAIN);
        // Without wrapping, so that nothing a viewer's terminal finds wider than we do can run over.
        out.extend_from_slice(b"\x1b[?1049h\x1b[?7l");
        for line in 0..viewer.rows {
            brush.clear(&mut out);
            draw::go(&mut out, line, 0);
            out.extend_from_slice(b"\x1b[2K");
            if let Some(index) = top.checked_add(line).filter(|index| *index < size.rows) {
                let row = self.row(i32::from(index));
                draw::cells(&mut out, &mut brush, &row, 0, row.used().min(cols));
            }
        }
        brush.clear(&mut out);
        self.modes.restore(&mut out, self.kitty(), false);
        let row = pen.row.saturating_sub(top);
        let inside = pen.col < viewer.cols && row < viewer.rows;
        if inside {
            draw::go(&mut out, row, pen.col);
        }
        let shown = inside && self.modes.cursor_visible;
        out.extend_from_slice(if shown { b"\x1b[?25h" } else { b"\x1b[?25l" });
        out.extend_from_slice(END);
        out
    }

    /// The first row shown: the last ones when the viewer is short, but with the cursor's among them.
    fn first_row(&self, viewer: Size) -> u16 {
        let (cursor, _) = self.emulator.cursor();
        (cursor + 1).saturating_sub(viewer.rows)
    }
}
