//! DECSTR, RIS and DECALN. Terminals differ in what they touch, so the first and the last are written out in
//! sequences on which all agree.

use std::io::Write;

use super::emulator::Emulator;
use super::kitty::KittyStack;
use super::modes::Modes;
use super::terminal::Terminal;

impl Terminal {
    /// DECSTR.
    pub(super) fn soft_reset(&mut self) {
        self.modes = Modes {
            cursor_visible: true,
            origin: false,
            autowrap: true,
            insert: false,
            application_cursor: false,
            application_keypad: false,
            ..self.modes
        };
        self.shifted = false;
        self.sync();
        let (row, col) = self.emulator.cursor();
        self.reset_margins();
        self.emit(
            b"\x1b[?25h\x1b[?6l\x1b[?7h\x1b[4l\x1b[?1l\x1b>\x1b[m\x1b(B\x1b)B\x1b*B\x1b+B\x0f",
        );
        let mut place = Vec::new();
        // Writing to a vector cannot fail. The saved cursor is home after a soft reset.
        let _ = write!(place, "\x1b[H\x1b7\x1b[{};{}H", row + 1, col + 1);
        self.emit(&place);
    }

    /// RIS.
    pub(super) fn full_reset(&mut self) {
        self.modes = Modes::default();
        self.kitty = [KittyStack::default(), KittyStack::default()];
        self.title.clear();
        self.shifted = false;
        let size = self.emulator.size();
        self.margins = (0, size.rows - 1);
        self.tabs.reset(size.cols);
        self.emit(b"\x1bc");
    }

    /// DECALN.
    pub(super) fn alignment(&mut self) {
        self.modes.origin = false;
        self.reset_margins();
        self.emit(b"\x1b[?6l\x1b#8\x1b[H");
    }

    fn reset_margins(&mut self) {
        self.margins = (0, self.emulator.size().rows - 1);
        self.emit(b"\x1b[r");
    }
}
