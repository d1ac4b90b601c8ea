//! Tab stops, once a program has changed them.

use std::io::Write;

/// Columns between the stops a terminal starts with.
const INTERVAL: usize = 8;

/// Which columns are stops; none while nobody changed them.
#[derive(Debug, Default)]
pub(super) struct TabStops(Option<Vec<bool>>);

impl TabStops {
    /// Sets (HTS) or clears (TBC 0) the stop at `col` of `cols` columns.
    pub fn set(&mut self, col: u16, cols: u16, on: bool) {
        let stops = self.stops(cols);
        if let Some(stop) = stops.get_mut(usize::from(col)) {
            *stop = on;
        }
    }

    /// Clears all (TBC 3).
    pub fn clear(&mut self, cols: u16) {
        self.stops(cols).fill(false);
    }

    /// Back to every eighth column. Viewers that saw other stops need them written out again, so they stay known.
    pub fn reset(&mut self, cols: u16) {
        if self.0.is_some() {
            self.0 = Some(initial(0, usize::from(cols)));
        }
    }

    /// Follows a resize: new columns get the usual stops.
    pub fn resize(&mut self, cols: u16) {
        if self.0.is_some() {
            self.stops(cols);
        }
    }

    /// What gives a terminal these stops; moves the cursor.
    pub fn restore(&self, out: &mut Vec<u8>) {
        let Some(stops) = &self.0 else { return };
        out.extend_from_slice(b"\x1b[3g");
        for (col, _) in stops.iter().enumerate().filter(|(_, stop)| **stop) {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\x1b[{}G\x1bH", col + 1);
        }
    }

    fn stops(&mut self, cols: u16) -> &mut Vec<bool> {
        let cols = usize::from(cols);
        let stops = self.0.get_or_insert_with(|| initial(0, cols));
        if stops.len() < cols {
            let more = initial(stops.len(), cols);
            stops.extend(more);
        }
        stops.truncate(cols);
        stops
    }
}

fn initial(from: usize, to: usize) -> Vec<bool> {
    (from..to).map(|col| col % INTERVAL == 0).collect()
}
