//! A picture at the end of a terminal that is drawn again and again: progress of flows and
//! workflows. It never has more rows than the terminal, and what was drawn before is found again
//! also after the terminal has become narrower.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Entries that are shown at most.
const ENTRIES: usize = 12;
/// Columns and rows where the terminal does not say.
const USUAL: (usize, usize) = (80, 24);

/// A line of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Stands above the entries that follow.
    Head(String),
    /// One of those that may be left out and counted.
    Entry(String),
}

/// What is drawn now.
#[derive(Debug, Default)]
pub struct Live {
    /// The cells of each line.
    drawn: Vec<usize>,
}

impl Live {
    /// What is to be written so that the picture becomes `lines` with `last` below. `above` stays
    /// on the terminal, before it: whole lines, of any length.
    pub fn draw(&mut self, above: &str, lines: &[Line], last: &str) -> String {
        let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok();
        let size = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
        let size = size.map_or(USUAL, |size| (size.ws_col.into(), size.ws_row.into()));
        self.draw_at(size, above, lines, last)
    }

    fn draw_at(
        &mut self,
        (columns, rows): (usize, usize),
        above: &str,
        lines: &[Line],
        last: &str,
    ) -> String {
        let before: usize = self.drawn.iter().map(|cells| cells.div_ceil(columns).max(1)).sum();
        let mut text = String::new();
        if before > 0 {
            text.push_str(&format!("\x1b[{before}A\x1b[J"));
        }
        text.push_str(above);
        // The cursor is in a row of its own below, and terminals differ in where it is after the
        // last column.
        let shown = fit(lines, last, rows.saturating_sub(1));
        let shown: Vec<String> = shown.iter().map(|line| cut(line, columns - 1)).collect();
        self.drawn = shown.iter().map(|line| line.width()).collect();
        shown.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text
    }
}

/// In `rows` rows; where that is too few, the entries that are left out are counted.
fn fit(lines: &[Line], last: &str, rows: usize) -> Vec<String> {
    let is_entry = |line: &&Line| matches!(line, Line::Entry(_));
    let entries = lines.iter().filter(is_entry).count();
    let is_small = lines.len() < rows && entries <= ENTRIES;
    let room = if is_small { lines.len() } else { rows.saturating_sub(2) };
    let mut kept: Vec<&Line> = Vec::new();
    for line in lines.iter().take(room) {
        if kept.iter().copied().filter(is_entry).count() == ENTRIES {
            break;
        }
        kept.push(line);
    }
    while matches!(kept.last(), Some(Line::Head(_))) {
        kept.pop();
    }
    let more = entries - kept.iter().copied().filter(is_entry).count();
    let mut shown: Vec<String> = kept
        .into_iter()
        .map(|line| match line {
            Line::Head(text) => text.clone(),
            Line::Entry(text) => format!("  {text}"),
        })
        .collect();
    if more > 0 && rows > 1 {
        shown.push(format!("  and {more} more"));
    }
    shown.push(last.to_owned());
    shown
}

/// The beginning that has at most so many cells.
fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < cells
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    if cells > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: usize) -> Vec<Line> {
        (0..count).map(|n| Line::Entry(format!("entry {n}"))).collect()
    }

    #[test]
    fn a_line_has_no_more_cells_than_the_terminal() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("漢字漢字", 8), "漢字漢字");
        // A wide one that would need the last cell and one more is left out.
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut("漢字漢字", 7), "漢字漢…");
        assert_eq!(cut("abc", 0), "");
        for cells in 1..10 {
            assert!(cut("a漢é😀bc漢", cells).width() <= cells, "{cells}");
        }
    }

    #[test]
    fn a_picture_has_no_more_rows_than_the_terminal_and_counts_the_rest() {
        assert_eq!(fit(&entries(2), "sum", 3), ["  entry 0", "  entry 1", "sum"]);
        assert_eq!(fit(&entries(4), "sum", 4), ["  entry 0", "  entry 1", "  and 2 more", "sum"]);
        assert_eq!(fit(&entries(3), "sum", 1), ["sum"]);
        let many = fit(&entries(40), "sum", 60);
        assert_eq!((many.len(), many[12].as_str()), (14, "  and 28 more"));
        let mut phases = entries(1);
        phases.insert(0, Line::Head("one".into()));
        phases.push(Line::Head("two".into()));
        phases.extend(entries(5));
        // No heading without anything below it.
        assert_eq!(fit(&phases, "sum", 5), ["one", "  entry 0", "  and 5 more", "sum"]);
        for rows in 2..60 {
            assert!(fit(&phases, "sum", rows).len() <= rows, "{rows}");
        }
    }

    #[test]
    fn what_was_drawn_is_taken_away_whole() {
        let mut live = Live::default();
        let long = vec![Line::Entry("x".repeat(200))];
        let first = live.draw_at((40, 10), "", &long, &"y".repeat(90));
        assert!(first.lines().all(|line| line.width() == 39), "{first:?}");
        let second = live.draw_at((40, 10), "said\n", &[], "sum");
        assert_eq!(second, "\x1b[2A\x1b[Jsaid\nsum\n");
        // Narrower: two rows of 39 cells have become four of 20.
        live.draw_at((40, 10), "", &long, &"y".repeat(90));
        assert!(live.draw_at((20, 10), "", &[], "sum").starts_with("\x1b[4A"));
    }
}
