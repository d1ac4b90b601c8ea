//! The viewers that are attached: who sees what, whose size counts, who is active. A viewer of the
//! terminal's size gets the raw output, any other a picture; one that is behind gets neither until
//! it has read what it was sent, and then everything anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::host::frame::{self, kind};
use crate::host::inject::KeyReader;
use crate::host::protocol::Attach;
use crate::host::screen::{Screen, Size};

use super::host::Number;
use super::outbox::{Bytes, Outbox};

/// Between two pictures or repaints of one viewer.
const REDRAW: Duration = Duration::from_millis(50);

/// A pane of a zellij that nobody is attached to has at most this size.
const HEADLESS: Size = Size { cols: 50, rows: 50 };

/// One attached terminal.
#[derive(Debug)]
pub struct Viewer {
    outbox: Outbox,
    size: Size,
    /// Sends no keys and sets no size.
    pub read_only: bool,
    pane: bool,
    typed: bool,
    /// What it shows is not the screen: it has to be drawn.
    stale: bool,
    drawn: Option<Instant>,
    /// It is behind, and is drawn when it tells that it has read.
    behind: bool,
    /// Takes its keys apart.
    pub keys: KeyReader,
    /// When an unfinished sequence of its keys is handed on as it is.
    pub flush_at: Option<Instant>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Viewers {
    all: BTreeMap<Number, Viewer>,
    active: Option<Number>,
}

impl Viewers {
    /// Adds one; tells the size that the terminal should have now, if that is for it to say.
    pub fn attach(&mut self, number: Number, outbox: Outbox, attach: &Attach) -> Option<Size> {
        let others_at_terminal = self.all.values().any(|v| !v.pane && !v.read_only);
        let viewer = Viewer {
            outbox,
            size: attach.size,
            read_only: attach.read_only,
            pane: attach.pane,
            typed: false,
            stale: true,
            drawn: None,
            behind: false,
            keys: KeyReader::default(),
            flush_at: None,
        };
        let counts = viewer.size_counts() && !(viewer.pane && others_at_terminal);
        let wanted = counts.then_some(viewer.size);
        if counts || self.active.is_none() {
            self.active = Some(number);
        }
        self.all.insert(number, viewer);
        wanted
    }

    /// Takes one away; its connection is to be closed.
    pub fn detach(&mut self, number: Number) -> Option<Outbox> {
        if self.active == Some(number) {
            self.active = None;
        }
        self.all.remove(&number).map(|viewer| viewer.outbox)
    }

    /// One of them.
    pub fn get_mut(&mut self, number: Number) -> Option<&mut Viewer> {
        self.all.get_mut(&number)
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    /// The viewer that typed or resized last.
    pub fn is_active(&self, number: Number) -> bool {
        self.active == Some(number)
    }

    /// A viewer's terminal has another size; tells the size that the session's should have now.
    pub fn resized(&mut self, number: Number, size: Size) -> Option<Size> {
        let viewer = self.all.get_mut(&number)?;
        viewer.size = size;
        viewer.stale = true;
        let counts = viewer.size_counts();
        if counts {
            self.active = Some(number);
        }
        counts.then_some(size)
    }

    /// A person typed here; tells the size that the terminal should have now.
    pub fn typed(&mut self, number: Number) -> Option<Size> {
        let viewer = self.all.get_mut(&number)?;
        viewer.typed = true;
        self.active = Some(number);
        viewer.size_counts().then_some(viewer.size)
    }

    /// Raw output, for those whose screen is the terminal's.
    pub fn output(&mut self, bytes: &[u8], screen: Size) {
        let mut shared: Option<Bytes> = None;
        for viewer in self.all.values_mut() {
            if viewer.size != screen || viewer.stale {
                viewer.stale = true;
                continue;
            }
            let frame = shared.get_or_insert_with(|| Arc::new(frame::encode(kind::OUTPUT, bytes)));
            if !viewer.outbox.push(Arc::clone(frame)) {
                // Too slow: what waits is dropped, and all of it drawn once this viewer is free.
                viewer.outbox.clear();
                viewer.stale = true;
            }
        }
    }

    /// What concerns one person's desktop: clipboard, notifications.
    pub fn output_to_active(&mut self, bytes: &[u8]) {
        let active = self.active.and_then(|number| self.all.get(&number));
        if let Some(viewer) = active.filter(|viewer| !viewer.stale) {
            // Dropped for a viewer that does not read.
            let _ = viewer.outbox.push(Arc::new(frame::encode(kind::OUTPUT, bytes)));
        }
    }

    /// Everybody is drawn anew.
    pub fn all_stale(&mut self) {
        for viewer in self.all.values_mut() {
            viewer.stale = true;
        }
    }

    /// Draws who has to be drawn and is free.
    pub fn draw(&mut self, screen: &Screen, now: Instant) {
        let mut repaint: Option<Bytes> = None;
        for viewer in self.all.values_mut().filter(|viewer| viewer.is_due(now)) {
            viewer.behind = !viewer.outbox.is_idle_or_tells();
            if viewer.behind {
                continue;
            }
            let frame = if viewer.size == screen.size() {
                let paint = || Arc::new(frame::encode(kind::REPAINT, &screen.repaint()));
                Arc::clone(repaint.get_or_insert_with(paint))
            } else {
                Arc::new(frame::encode(kind::CLIPPED, &screen.clipped(viewer.size)))
            };
            if viewer.outbox.push(frame) {
                viewer.stale = false;
                viewer.drawn = Some(now);
            }
        }
    }

    /// When somebody has to be drawn next. Who is behind is drawn when it tells that it has read.
    pub fn next_draw(&self) -> Option<Instant> {
        let due = |viewer: &Viewer| viewer.drawn.map_or_else(Instant::now, |at| at + REDRAW);
        self.all.values().filter(|v| v.wants_drawing() && !v.behind).map(due).min()
    }

    /// A viewer that was behind has read everything.
    pub fn drained(&mut self, number: Number) {
        if let Some(viewer) = self.all.get_mut(&number) {
            viewer.behind = false;
        }
    }

    /// When unfinished keys are handed on, and whose.
    pub fn next_flush(&self) -> Option<(Instant, Number)> {
        self.all.iter().filter_map(|(number, v)| v.flush_at.map(|at| (at, *number))).min()
    }

    /// Sends a last frame to everybody and ends the connections.
    pub fn close(&mut self, frame: &Bytes) -> Vec<Outbox> {
        let all = std::mem::take(&mut self.all);
        self.active = None;
        let close = |viewer: Viewer| {
            if !viewer.outbox.push(Arc::clone(frame)) {
                viewer.outbox.clear();
                let _ = viewer.outbox.push(Arc::clone(frame));
            }
            viewer.outbox.close();
            viewer.outbox
        };
        all.into_values().map(close).collect()
    }
}

impl Viewer {
    /// Whether its size may become the terminal's: a person is there.
    fn size_counts(&self) -> bool {
        let real = self.size.cols > 0 && self.size.rows > 0;
        let headless = self.size.cols <= HEADLESS.cols && self.size.rows <= HEADLESS.rows;
        real && !self.read_only && (!self.pane || self.typed || !headless)
    }

    /// A pane may have no size while it is laid out.
    fn wants_drawing(&self) -> bool {
        self.stale && self.size.cols > 0 && self.size.rows > 0
    }

    fn is_due(&self, now: Instant) -> bool {
        self.wants_drawing() && self.drawn.is_none_or(|at| now >= at + REDRAW)
    }
}
