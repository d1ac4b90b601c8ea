//! What the screen needs of a terminal emulator. One implementation: `alacritty`.

use super::cells::{Link, Row, Style};
use super::size::Size;

/// A character set a program can designate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// `B`
    Ascii,
    /// `0`, DEC's line drawing.
    Drawing,
}

/// A cursor with all that belongs to it: where, and how the next character will look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pen {
    /// Row on the screen, from 0.
    pub row: u16,
    /// Column, from 0.
    pub col: u16,
    /// The last column was written: the next character wraps first.
    pub pending_wrap: bool,
    /// Attributes of the next character.
    pub style: Style,
    /// The open hyperlink.
    pub link: Option<Link>,
    /// G0 to G3.
    pub charsets: [Charset; 4],
}

/// A terminal's memory: takes what a terminal takes, gives back cells.
pub(super) trait Emulator {
    /// Takes bytes; they end on the boundary of a character and of a sequence.
    fn advance(&mut self, bytes: &[u8]);
    /// Changes the size; the main screen is wrapped anew, the alternate one is cut.
    fn resize(&mut self, size: Size);
    /// The size it has.
    fn size(&self) -> Size;
    /// How many rows of scrollback there are; none on the alternate screen.
    fn history(&self) -> usize;
    /// A row of the screen (0 and up) or of scrollback (-1 is the newest), into `row`, which is cleared first.
    fn read_row(&self, index: i32, row: &mut Row);
    /// The cursor.
    fn pen(&self) -> Pen;
    /// Where the cursor is: row and column, from 0.
    fn cursor(&self) -> (u16, u16);
    /// What DECSC saved on this screen, or the home position.
    fn saved_pen(&self) -> Pen;
    /// Makes what is left of wide characters that were cut in two in the cursor's row blank, as terminals do.
    fn mend_cursor_row(&mut self);
    /// Clears the first row.
    fn clear_first_row(&mut self);
}
