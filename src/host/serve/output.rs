//! The terminal's output on its way: to the record, the screen, the viewers and the watchers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use crate::host::frame::{self, kind};
use crate::host::protocol::HostEvent;
use crate::host::screen::{Output, ScreenEvent, Size};

use super::host::Host;
use super::pty_queue::Part;

/// Without output for so long, the terminal is called quiet.
const QUIET: Duration = Duration::from_secs(2);

/// Between two bells that are told.
const BELL: Duration = Duration::from_secs(1);

/// Whether there was output lately.
#[derive(Debug)]
pub struct Quiet {
    last: Instant,
    is_quiet: bool,
    bell: Option<Instant>,
}

impl Quiet {
    /// As if there had been output now.
    pub fn new(now: Instant) -> Self {
        Self { last: now, is_quiet: false, bell: None }
    }

    /// Whether nothing has come for long enough.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// When it becomes quiet, if nothing comes.
    pub fn moment(&self) -> Option<Instant> {
        (!self.is_quiet).then(|| self.last + QUIET)
    }
}

impl Host {
    /// Bytes from the terminal.
    pub(super) fn output(&mut self, bytes: &[u8]) {
        self.recorder.append(bytes);
        self.quiet.last = Instant::now();
        if std::mem::replace(&mut self.quiet.is_quiet, false) {
            self.tell(&HostEvent::OutputResumed);
        }
        let mut repaint = false;
        for output in self.screen.feed(bytes) {
            match output {
                Output::Viewers(bytes) => self.viewers.output(&bytes, self.screen.size()),
                Output::ActiveViewer(bytes) => self.viewers.output_to_active(&bytes),
                Output::Answer(bytes) => {
                    if !self.queue.push(Part::Answer, bytes, Instant::now()) {
                        warn!("an answer was dropped: the program does not read");
                    }
                }
                Output::Event(ScreenEvent::LeftAlternate) => repaint = true,
                Output::Event(event) => self.screen_event(event),
            }
        }
        if repaint {
            self.viewers.all_stale();
        }
    }

    fn screen_event(&mut self, event: ScreenEvent) {
        match event {
            ScreenEvent::Title(title) => self.tell(&HostEvent::Title(title)),
            ScreenEvent::Modes => self.tell(&HostEvent::Modes(self.screen.modes())),
            ScreenEvent::Bell => {
                let now = Instant::now();
                if self.quiet.bell.is_none_or(|at| now >= at + BELL) {
                    self.quiet.bell = Some(now);
                    self.tell(&HostEvent::Bell);
                }
            }
            ScreenEvent::LeftAlternate => {}
        }
    }

    /// Says so once when nothing came for long enough.
    pub(super) fn note_quiet(&mut self, now: Instant) {
        if self.quiet.moment().is_some_and(|at| now >= at) {
            self.quiet.is_quiet = true;
            self.tell(&HostEvent::OutputQuiet);
        }
    }

    /// Gives the terminal a size, if it has another.
    pub(super) fn resize(&mut self, size: Size) {
        let size = size.clamped();
        if size == self.screen.size() {
            return;
        }
        if let Err(error) = self.pty.resize(size) {
            warn!(%error, "the size was not set");
            return;
        }
        self.screen.resize(size);
        // Terminals differ in how they reflow, so nobody's picture is right any more.
        self.viewers.all_stale();
        self.tell(&HostEvent::Resized(size));
    }

    /// Tells all watchers. One that does not read is disconnected rather than told half of it.
    pub(super) fn tell(&mut self, event: &HostEvent) {
        if !self.controls.values().any(|control| control.watching) {
            return;
        }
        let frame = Arc::new(frame::encode_json(kind::EVENT, event));
        self.controls.retain(|_, control| {
            let told = !control.watching || control.outbox.push(Arc::clone(&frame));
            if !told {
                warn!("a watcher that does not read is disconnected");
                control.outbox.close();
            }
            told
        });
    }
}
