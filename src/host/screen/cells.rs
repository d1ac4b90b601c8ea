//! What a cell of the screen holds, in our own terms: the emulator's types stop at its adapter.

/// A colour as the program chose it, never resolved to a palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Color {
    /// The terminal's own foreground or background.
    #[default]
    Default,
    /// One of the sixteen, by the short codes (30-37, 90-97 and their backgrounds).
    Ansi(u8),
    /// One of 256, by `5;n`.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The underline's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Underline {
    /// No line.
    #[default]
    None,
    /// `4`
    Single,
    /// `4:2`
    Double,
    /// `4:3`
    Curly,
    /// `4:4`
    Dotted,
    /// `4:5`
    Dashed,
}

/// Everything SGR says about a cell. Blinking is not kept: the emulator does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// Colour of the character.
    pub foreground: Color,
    /// Colour behind it.
    pub background: Color,
    /// The underline's form.
    pub underline: Underline,
    /// The underline's colour; `Default` means the character's.
    pub underline_color: Color,
    /// SGR 1.
    pub bold: bool,
    /// SGR 2.
    pub dim: bool,
    /// SGR 3.
    pub italic: bool,
    /// SGR 7.
    pub inverse: bool,
    /// SGR 8.
    pub hidden: bool,
    /// SGR 9.
    pub strike: bool,
}

/// A hyperlink (OSC 8). Cells of one link share the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The program's id, or one the emulator gave.
    pub id: String,
    /// Where it leads.
    pub uri: String,
}

/// How a cell takes part in a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Width {
    /// A character of one column.
    #[default]
    Narrow,
    /// The left half of a character of two columns.
    Wide,
    /// The right half of one.
    Spacer,
    /// The last column, left empty because a wide character did not fit and went to the next row.
    LeadingSpacer,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The character, a space when empty.
    pub character: char,
    /// Combining marks on it.
    pub marks: String,
    /// Its attributes.
    pub style: Style,
    /// Its hyperlink.
    pub link: Option<Link>,
    /// Its part in a character.
    pub width: Width,
}

impl Cell {
    /// Whether the cell looks as a cleared screen does.
    pub fn is_blank(&self) -> bool {
        self.character == ' '
            && self.marks.is_empty()
            && self.link.is_none()
            && self.style == Style::default()
            && !matches!(self.width, Width::Wide | Width::Spacer)
    }
}

/// One row, taken out of the emulator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// As many as the screen has columns.
    pub cells: Vec<Cell>,
    /// The text goes on in the next row.
    pub wrapped: bool,
}

impl Row {
    /// Columns up to the last cell that is not blank.
    pub fn used(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_blank()).map_or(0, |last| last + 1)
    }

    /// Whether the cell at `col` is a whole wide character: the left half with its right half beside it.
    pub fn is_whole_wide(&self, col: usize) -> bool {
        let at = |col: usize| self.cells.get(col).map(|cell| cell.width);
        at(col) == Some(Width::Wide) && at(col + 1) == Some(Width::Spacer)
    }

    /// The row's text without trailing blanks.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.cells.len());
        for cell in self.cells.iter().filter(|cell| cell.width != Width::Spacer) {
            text.push(cell.character);
            text.push_str(&cell.marks);
        }
        text.truncate(text.trim_end_matches(' ').len());
        text
    }
}
