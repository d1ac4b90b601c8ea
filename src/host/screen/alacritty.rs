//! The emulator on alacritty_terminal. Everything that type knows of that crate is in this file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use alacritty_terminal::Term;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::{Cursor, Dimensions, Grid};
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::{Cell as TermCell, Flags};
use alacritty_terminal::term::{Config, Osc52, TermMode};
use alacritty_terminal::vte::ansi::{
    CharsetIndex, Color as TermColor, NamedColor, Processor, StandardCharset, Timeout,
};

use super::cells::{Cell, Color, Link, Row, Style, Underline, Width};
use super::emulator::{Charset, Emulator, Pen};
use super::size::Size;

/// Most combining marks kept on one cell: the crate keeps them all, so one cell could eat the memory.
const MAX_MARKS: usize = 16;
/// Bytes between two looks at the cell that is growing, when text is not ASCII.
const MARKS_STRIDE: usize = 1024;

/// Never holds bytes back: synchronised updates (mode 2026) matter to who draws, not to who remembers.
#[derive(Default)]
struct NoTimeout;

impl Timeout for NoTimeout {
    fn set_timeout(&mut self, _: Duration) {}
    fn clear_timeout(&mut self) {}
    fn pending_timeout(&self) -> bool {
        false
    }
}

/// The emulator.
pub(super) struct Alacritty {
    term: Term<VoidListener>,
    parser: Processor<NoTimeout>,
    scrollback: usize,
}

struct Dimension(Size);

impl Dimensions for Dimension {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }
    fn columns(&self) -> usize {
        usize::from(self.0.cols)
    }
}

impl Alacritty {
    /// An empty screen that keeps at most `scrollback` rows that scrolled off.
    pub fn new(size: Size, scrollback: usize) -> Self {
        let config =
            Config { scrolling_history: scrollback, osc52: Osc52::Disabled, ..Config::default() };
        let term = Term::new(config, &Dimension(size), VoidListener);
        Self { term, parser: Processor::new(), scrollback }
    }

    /// Runs `change` on the terminal. A panic in the crate would end the host and with it the agent, so it costs the
    /// remembered screen instead: an empty one of the given size, which the program's next drawing fills.
    fn guarded(&mut self, size: Size, change: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| change(self))).is_err() {
            *self = Self::new(size, self.scrollback);
        }
    }

    /// Puts right, on both screens, what the crate leaves behind when it resizes. The screen that is not shown can only
    /// be reached by showing it, which clears the alternate one and moves cursors, so those are kept aside.
    fn settle(&mut self) {
        let alternate = self.term.mode().contains(TermMode::ALT_SCREEN);
        settle_grid(self.term.grid_mut());
        if alternate {
            let shown = self.term.grid().clone();
            self.term.swap_alt();
            settle_grid(self.term.grid_mut());
            self.term.swap_alt();
            *self.term.grid_mut() = shown;
        } else {
            let saved = self.term.grid().saved_cursor.clone();
            self.term.swap_alt();
            settle_grid(self.term.grid_mut());
            self.term.swap_alt();
            self.term.grid_mut().saved_cursor = saved;
        }
    }

    /// Cuts the marks of the cell that the next mark would go to.
    fn limit_marks(&mut self) {
        let cursor = &self.term.grid().cursor;
        let mut point = cursor.point;
        if !cursor.input_needs_wrap {
            point.column = Column(point.column.saturating_sub(1));
        }
        for column in [point.column, Column(point.column.saturating_sub(1))] {
            let cell = &mut self.term.grid_mut()[Point::new(point.line, column)];
            let marks = cell.zerowidth().unwrap_or_default();
            if marks.len() <= MAX_MARKS {
                continue;
            }
            let kept: Vec<char> = marks[..MAX_MARKS].to_vec();
            let (color, link) = (cell.underline_color(), cell.hyperlink());
            cell.extra = None;
            cell.set_underline_color(color);
            cell.set_hyperlink(link);
            kept.into_iter().for_each(|mark| cell.push_zerowidth(mark));
        }
    }
}

impl Emulator for Alacritty {
    fn advance(&mut self, bytes: &[u8]) {
        let size = self.size();
        self.guarded(size, |this| {
            if bytes.is_ascii() {
                return this.parser.advance(&mut this.term, bytes);
            }
            let mut rest = bytes;
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(whole_characters(rest));
                this.parser.advance(&mut this.term, piece);
                this.limit_marks();
                rest = after;
            }
        });
    }

    fn resize(&mut self, size: Size) {
        self.guarded(size, |this| {
            this.term.resize(Dimension(size));
            this.settle();
        });
    }

    fn size(&self) -> Size {
        let narrow = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
        Size { cols: narrow(self.term.columns()), rows: narrow(self.term.screen_lines()) }
    }

    fn history(&self) -> usize {
        self.term.grid().history_size()
    }

    fn read_row(&self, index: i32, row: &mut Row) {
        row.cells.clear();
        let cells = &self.term.grid()[Line(index)];
        row.cells.extend((0..self.term.columns()).map(|col| cell(&cells[Column(col)])));
        row.wrapped = cells[self.term.last_column()].flags.contains(Flags::WRAPLINE);
    }

    fn pen(&self) -> Pen {
        pen(self.term.grid(), &self.term.grid().cursor)
    }

    fn cursor(&self) -> (u16, u16) {
        place(self.term.grid(), self.term.grid().cursor.point)
    }

    fn saved_pen(&self) -> Pen {
        pen(self.term.grid(), &self.term.grid().saved_cursor)
    }

    fn mend_cursor_row(&mut self) {
        let line = self.term.grid().cursor.point.line;
        mend_row(self.term.grid_mut(), line);
    }

    fn clear_first_row(&mut self) {
        self.term.grid_mut().reset_region(..Line(1));
    }
}

/// Where to cut `bytes` after about a stride. Never inside a character: the parser then can lose the one after it.
fn whole_characters(bytes: &[u8]) -> usize {
    let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (MARKS_STRIDE..bytes.len()).find(|at| !continues(*at)).unwrap_or(bytes.len())
}

/// A row's cells are cleared only as far as the row was written, or all if its last cell has another background; in a
/// row that grew, that cell says nothing about the others. So every row counts as written to its end.
fn settle_grid(grid: &mut Grid<TermCell>) {
    let last = grid.last_column();
    settle_wrap(&mut grid.cursor, last);
    settle_wrap(&mut grid.saved_cursor, last);
    for line in grid.topmost_line().0..=grid.bottommost_line().0 {
        // Mutable access is what marks the cells before it.
        let _: &mut TermCell = &mut grid[Line(line)][last];
        mend_row(grid, Line(line));
    }
}

/// Makes the half of a wide character that was left over a blank.
fn mend_row(grid: &mut Grid<TermCell>, line: Line) {
    let columns = grid.columns();
    for col in 0..columns {
        let has =
            |col: usize, flag: Flags| col < columns && grid[line][Column(col)].flags.contains(flag);
        if has(col, Flags::WIDE_CHAR) && !has(col + 1, Flags::WIDE_CHAR_SPACER) {
            grid[line][Column(col)].clear_wide();
        } else if has(col, Flags::WIDE_CHAR_SPACER) && (col == 0 || !has(col - 1, Flags::WIDE_CHAR))
        {
            grid[line][Column(col)].flags.remove(Flags::WIDE_CHAR_SPACER);
        }
    }
}

/// A wrap that was due in the last column is not due where a wider screen goes on.
fn settle_wrap(cursor: &mut Cursor<TermCell>, last: Column) {
    if cursor.input_needs_wrap && cursor.point.column < last {
        cursor.input_needs_wrap = false;
        cursor.point.column += 1;
    }
}

fn place(grid: &Grid<TermCell>, point: Point) -> (u16, u16) {
    let row = point.line.0.clamp(0, grid.bottommost_line().0);
    let col = point.column.min(grid.last_column()).0;
    (u16::try_from(row).unwrap_or(0), u16::try_from(col).unwrap_or(0))
}

fn pen(grid: &Grid<TermCell>, cursor: &Cursor<TermCell>) -> Pen {
    let (row, col) = place(grid, cursor.point);
    let sets = [CharsetIndex::G0, CharsetIndex::G1, CharsetIndex::G2, CharsetIndex::G3];
    Pen {
        row,
        col,
        pending_wrap: cursor.input_needs_wrap,
        style: style(&cursor.template),
        link: link(&cursor.template),
        charsets: sets.map(|index| match cursor.charsets[index] {
            StandardCharset::Ascii => Charset::Ascii,
            StandardCharset::SpecialCharacterAndLineDrawing => Charset::Drawing,
        }),
    }
}

fn cell(cell: &TermCell) -> Cell {
    let flags = cell.flags;
    let width = if flags.contains(Flags::WIDE_CHAR) {
        Width::Wide
    } else if flags.contains(Flags::WIDE_CHAR_SPACER) {
        Width::Spacer
    } else if flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
        Width::LeadingSpacer
    } else {
        Width::Narrow
    };
    Cell {
        // The crate remembers a tab in the first cell it jumped over; to the eye it is a space.
        character: if cell.c == '\t' { ' ' } else { cell.c },
        marks: cell.zerowidth().unwrap_or_default().iter().take(MAX_MARKS).collect(),
        style: style(cell),
        link: link(cell),
        width,
    }
}

fn link(cell: &TermCell) -> Option<Link> {
    let link = cell.hyperlink()?;
    Some(Link { id: link.id().to_owned(), uri: link.uri().to_owned() })
}

fn style(cell: &TermCell) -> Style {
    let flags = cell.flags;
    let lines = [
        (Flags::DOUBLE_UNDERLINE, Underline::Double),
        (Flags::UNDERCURL, Underline::Curly),
        (Flags::DOTTED_UNDERLINE, Underline::Dotted),
        (Flags::DASHED_UNDERLINE, Underline::Dashed),
        (Flags::UNDERLINE, Underline::Single),
    ];
    let underline = lines.iter().find(|(flag, _)| flags.contains(*flag));
    Style {
        foreground: color(cell.fg),
        background: color(cell.bg),
        underline: underline.map_or(Underline::None, |(_, form)| *form),
        underline_color: cell.underline_color().map_or(Color::Default, color),
        bold: flags.contains(Flags::BOLD),
        dim: flags.contains(Flags::DIM),
        italic: flags.contains(Flags::ITALIC),
        inverse: flags.contains(Flags::INVERSE),
        hidden: flags.contains(Flags::HIDDEN),
        strike: flags.contains(Flags::STRIKEOUT),
    }
}

fn color(color: TermColor) -> Color {
    match color {
        TermColor::Spec(rgb) => Color::Rgb(rgb.r, rgb.g, rgb.b),
        TermColor::Indexed(index) => Color::Indexed(index),
        TermColor::Named(named) if named as usize <= NamedColor::BrightWhite as usize => {
            Color::Ansi(named as u8)
        }
        TermColor::Named(_) => Color::Default,
    }
}
