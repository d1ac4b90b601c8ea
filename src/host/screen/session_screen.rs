//! `Screen`: what the host holds for its session. The scanner in front, the terminal behind.

use super::emulator::Emulator;
use super::modes::Modes;
use super::output::Output;
use super::scanner::Scanner;
use super::size::Size;
use super::snapshot::Snapshot;
use super::terminal::Terminal;

/// What [`Screen::viewer_reset`] gives: every mode a program may have set is off, on both screens, the main screen is
/// shown, and attributes, link, margins, charsets, tab stops, cursor and dynamic colours are the terminal's own.
const VIEWER_RESET: &[u8] = b"\x1b[?2026l\x1b[<99u\x1b[=0u\x1b[?1049l\x1b[<99u\x1b[=0u\
    \x1b[!p\x1b]8;;\x1b\\\x1b[m\x1b(B\x1b)B\x1b*B\x1b+B\x0f\x1b7\x1b[r\x1b8\x1b[?6l\x1b[4l\x1b[20l\
    \x1b[?1l\x1b>\x1b[?5l\x1b[?7h\x1b[?45l\x1b[?1004l\x1b[?2004l\x1b[?2031l\
    \x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\
    \x1b[>4;0m\x1b[0 q\x1b[?5W\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\\x1b[?25h";

/// The screen of one session.
pub struct Screen {
    scanner: Scanner,
    terminal: Terminal,
}

impl Screen {
    /// An empty screen of the nearest possible size (2 to 1000 columns, 1 to 500 rows) that keeps at most
    /// `scrollback_lines` rows that scrolled off. A row costs about 24 bytes per column.
    pub fn new(size: Size, scrollback_lines: usize) -> Self {
        let terminal = Terminal::new(size.clamped(), scrollback_lines);
        Self { scanner: Scanner::new(), terminal }
    }

    /// Takes bytes from the pty, in any pieces, and says what to do, in order. Viewers get whole sequences and whole
    /// characters, so a repaint between two feeds never lands inside one. Events come last, each at most once.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Output> {
        let before = self.terminal.modes;
        self.scanner.scan(bytes, &mut self.terminal);
        self.terminal.finish(&before)
    }

    /// Changes the size to the nearest possible one. Viewers of the main screen need a repaint after: each terminal
    /// wraps long lines anew in its own way.
    pub fn resize(&mut self, size: Size) {
        self.terminal.resize(size.clamped());
    }

    /// The size in force.
    pub fn size(&self) -> Size {
        self.terminal.emulator.size()
    }

    /// Everything a viewer of the same size needs before live bytes, whatever its terminal shows: scrollback, screen,
    /// cursor, modes, title. In one synchronised update.
    pub fn repaint(&self) -> Vec<u8> {
        self.terminal.repaint()
    }

    /// A picture for a viewer of another size, drawn from cells.
    pub fn clipped(&self, size: Size) -> Vec<u8> {
        self.terminal.clipped(size)
    }

    /// What a viewer writes to its terminal when it detaches.
    pub fn viewer_reset() -> &'static [u8] {
        VIEWER_RESET
    }

    /// The screen as text, with attributes if `ansi`, and with at most `scrollback_lines` rows of scrollback. The
    /// alternate screen has none.
    pub fn snapshot(&self, ansi: bool, scrollback_lines: usize) -> Snapshot {
        self.terminal.snapshot(ansi, scrollback_lines)
    }

    /// The title that the program has set; empty when there is none.
    pub fn title(&self) -> &str {
        self.terminal.title.text()
    }

    /// The modes in force.
    pub fn modes(&self) -> Modes {
        self.terminal.modes
    }

    /// The text of a row of the screen, from 0, without blanks at the end; empty beyond the last row.
    pub fn row_text(&self, row: u16) -> String {
        if row < self.size().rows {
            self.terminal.line(i32::from(row), false)
        } else {
            String::new()
        }
    }
}
