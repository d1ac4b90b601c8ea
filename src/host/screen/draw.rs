//! Cells as bytes.

use std::io::Write;

use super::cells::{Cell, Row, Width};
use super::emulator::{Charset, Pen};
use super::sgr::Brush;

/// Writes `row` from column `from` up to `to`; a half of a wide character whose other half lies outside becomes
/// a blank. The cursor stands at `from`.
pub(super) fn cells(out: &mut Vec<u8>, brush: &mut Brush, row: &Row, from: usize, to: usize) {
    let mut col = from;
    while col < to {
        let cell = &row.cells[col];
        brush.style(out, &cell.style);
        brush.link(out, cell.link.as_ref());
        let wide = row.is_whole_wide(col) && col + 1 < to;
        match cell.width {
            Width::Wide | Width::Spacer if !wide => out.push(b' '),
            _ => character(out, cell),
        }
        col += if wide { 2 } else { 1 };
    }
}

/// A cell's character with its marks.
pub(super) fn character(out: &mut Vec<u8>, cell: &Cell) {
    let mut buffer = [0; 4];
    out.extend_from_slice(cell.character.encode_utf8(&mut buffer).as_bytes());
    out.extend_from_slice(cell.marks.as_bytes());
}

/// Moves to a row and column, both from 0.
pub(super) fn go(out: &mut Vec<u8>, row: u16, col: u16) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "\x1b[{};{}H", u32::from(row) + 1, u32::from(col) + 1);
}

/// Puts the cursor where `pen` is; `origin` is the row from which the terminal counts at this moment, `row` what lies
/// there. Charsets must be ASCII. A wrap that is due is brought about by writing the last column once more.
pub(super) fn place(out: &mut Vec<u8>, brush: &mut Brush, pen: &Pen, origin: u16, row: &Row) {
    let at = pen.row.saturating_sub(origin);
    if !pen.pending_wrap {
        return go(out, at, pen.col);
    }
    let last = row.cells.len().saturating_sub(1);
    let first = if last > 0 && row.is_whole_wide(last - 1) { last - 1 } else { last };
    go(out, at, u16::try_from(first).unwrap_or(pen.col));
    cells(out, brush, row, first, row.cells.len());
}

/// Designates the charsets and says whether characters come from G1.
pub(super) fn charsets(out: &mut Vec<u8>, sets: &[Charset; 4], shifted: bool) {
    for (designator, set) in b"()*+".iter().zip(sets) {
        let name = if *set == Charset::Drawing { b'0' } else { b'B' };
        out.extend_from_slice(&[0x1b, *designator, name]);
    }
    out.push(if shifted { 0x0e } else { 0x0f });
}
