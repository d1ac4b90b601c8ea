//! Tables for people: as wide as the terminal at most, long cells cut.

use comfy_table::{Cell, Color, ContentArrangement, Row};

use super::{Printer, neutral};

/// A table with a header.
pub struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// A table with these columns.
    pub fn new(header: &[&str]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(comfy_table::presets::NOTHING);
        inner.set_truncation_indicator("…");
        inner.set_header(one_row(header.iter().map(|text| Cell::new(*text))));
        Self { inner }
    }

    /// Adds a row. Cells become one line each, without control characters.
    pub fn row(&mut self, cells: &[&str]) {
        let cells = cells.iter().map(|text| Cell::new(neutral::one_line(text)));
        self.inner.add_row(one_row(cells));
    }

    /// Adds a row whose cell number `at` has the colour of a session's status.
    pub fn row_with_status(&mut self, cells: &[&str], at: usize) {
        let cells = cells.iter().enumerate().map(|(index, text)| {
            let cell = Cell::new(neutral::one_line(text));
            match status_color(text) {
                Some(color) if index == at => cell.fg(color),
                _ => cell,
            }
        });
        self.inner.add_row(one_row(cells));
    }

    /// The table as text, with a line end after each row.
    pub fn render(&self, printer: &Printer) -> String {
        let mut table = self.inner.clone();
        if printer.terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if printer.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
            if let Some(width) = terminal_width().filter(|_| printer.terminal) {
                table.set_width(width);
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            // The style pads each cell with a blank on both sides.
            text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
            text.push('\n');
        }
        text
    }
}

fn one_row(cells: impl Iterator<Item = Cell>) -> Row {
    let mut row = Row::from(cells.collect::<Vec<_>>());
    row.max_height(1);
    row
}

/// Columns of standard output, where it is a terminal.
pub(super) fn terminal_width() -> Option<u16> {
    rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col).filter(|w| *w > 0)
}

fn status_color(status: &str) -> Option<Color> {
    match status {
        "working" | "starting" | "live" => Some(Color::Green),
        "idle" | "done" => Some(Color::Cyan),
        "needs permission" | "needs input" | "stuck" | "uncertain" => Some(Color::Yellow),
        "lost" | "crash loop" | "failed" | "dead" => Some(Color::Red),
        "exited" | "killed" | "unknown" => Some(Color::DarkGrey),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(terminal: bool) -> Printer {
        Printer { json: false, quiet: false, terminal, color: false }
    }

    #[test]
    fn a_row_is_one_line_without_control_characters() {
        let mut table = Table::new(&["ID", "TASK"]);
        table.row(&["a-1", "one\ntwo\x1b[2J"]);
        let text = table.render(&printer(false));
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(!text.contains('\x1b'));
        assert!(text.starts_with("ID"));
    }

    #[test]
    fn nothing_is_cut_where_there_is_no_terminal() {
        let mut table = Table::new(&["ID"]);
        let long = "x".repeat(500);
        table.row(&[&long]);
        assert!(table.render(&printer(false)).contains(&long));
    }

    #[test]
    fn long_cells_are_cut_to_the_width() {
        let mut table = Table::new(&["ID", "TASK"]);
        table.row(&["a-1", &"word ".repeat(100)]);
        table.inner.set_content_arrangement(ContentArrangement::Dynamic);
        table.inner.set_width(40);
        let text = table.render(&printer(false));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains('…'));
    }
}
