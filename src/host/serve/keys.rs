//! What viewers type, and when.

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use crate::host::inject::{self, Composer, Draft, Input};
use crate::host::protocol::HostEvent;

use super::host::{Host, Number};
use super::pty_queue::Part;

/// How long an unfinished escape sequence waits for its rest.
const UNFINISHED: Duration = Duration::from_millis(50);

/// Between two tellings that a person types.
const TELL: Duration = Duration::from_secs(1);

/// An empty composer is believed when it was so for this long.
pub const EMPTY: Duration = Duration::from_secs(1);

/// Bytes of keys that wait for the end of a delivery.
const MOST_HELD: usize = 64 * 1024;

/// A person's keys.
#[derive(Debug, Default)]
pub struct Typing {
    /// When a key was pressed last.
    pub last: Option<Instant>,
    told: Option<Instant>,
    /// Pressed while a message was being typed, to be let through after it.
    held: Vec<Input>,
    held_bytes: usize,
    /// Since when the composer is seen empty although the keys say that a draft may be there.
    empty_since: Option<Instant>,
}

impl Typing {
    /// When a draft may be forgotten.
    pub fn moment(&self) -> Option<Instant> {
        self.empty_since.map(|at| at + EMPTY)
    }

    /// Whether nobody pressed a key that is still to be let through.
    pub fn holds_none(&self) -> bool {
        self.held.is_empty()
    }
}

impl Host {
    /// Bytes of a viewer's keyboard.
    pub(super) fn viewer_keys(&mut self, number: Number, bytes: &[u8]) {
        let Some(viewer) = self.viewers.get_mut(number) else { return };
        if viewer.read_only {
            return;
        }
        let inputs = viewer.keys.feed(bytes);
        viewer.flush_at = viewer.keys.is_waiting().then(|| Instant::now() + UNFINISHED);
        for input in inputs {
            self.viewer_input(number, input);
        }
    }

    /// Hands on what waited too long for the rest of its sequence.
    pub(super) fn flush_keys(&mut self, now: Instant) {
        while let Some((at, number)) = self.viewers.next_flush() {
            if at > now {
                return;
            }
            let Some(viewer) = self.viewers.get_mut(number) else { return };
            viewer.flush_at = None;
            if let Some(input) = viewer.keys.flush() {
                self.viewer_input(number, input);
            }
        }
    }

    fn viewer_input(&mut self, number: Number, input: Input) {
        match input {
            Input::Answer => {}
            // Two viewers would contradict each other about the focus.
            Input::Focus(bytes) => {
                if self.viewers.is_active(number) {
                    self.type_in(Part::Keys, bytes);
                }
            }
            Input::Mouse(_) => self.hold_or_type(input),
            Input::Key(_) | Input::Paste(_) => {
                if let Some(size) = self.viewers.typed(number) {
                    self.resize(size);
                }
                let now = Instant::now();
                self.typing.last = Some(now);
                self.deliveries.human_typed();
                if self.typing.told.is_none_or(|at| now >= at + TELL) {
                    self.typing.told = Some(now);
                    self.tell(&HostEvent::HumanInput);
                }
                self.hold_or_type(input);
            }
        }
    }

    fn hold_or_type(&mut self, input: Input) {
        if !self.deliveries.holds_keys() && self.interruption.is_none() {
            self.draft.note(&input);
            self.type_in(Part::Keys, bytes_of(input));
            return;
        }
        let bytes = match &input {
            Input::Key(bytes) | Input::Paste(bytes) | Input::Mouse(bytes) => bytes.len(),
            Input::Focus(_) | Input::Answer => 0,
        };
        if self.typing.held_bytes + bytes > MOST_HELD {
            warn!("keys were dropped: too many during a delivery");
            return;
        }
        self.typing.held_bytes += bytes;
        self.typing.held.push(input);
    }

    /// Lets through what was pressed during a delivery.
    pub(super) fn release_keys(&mut self) {
        self.typing.held_bytes = 0;
        for input in std::mem::take(&mut self.typing.held) {
            self.draft.note(&input);
            self.type_in(Part::Keys, bytes_of(input));
        }
    }

    /// Forgets a draft that the screen has not shown for long enough.
    pub(super) fn judge_draft(&mut self, now: Instant) {
        let rule = self.launch.inject.composer.as_ref();
        let doubtful = self.draft.draft() != Draft::None && !self.deliveries.holds_keys();
        if rule.is_none() || !doubtful {
            self.typing.empty_since = None;
            return;
        }
        if inject::composer(rule, &self.rows()) != Composer::Empty {
            self.typing.empty_since = None;
            return;
        }
        let since = *self.typing.empty_since.get_or_insert(now);
        if now >= since + EMPTY {
            self.typing.empty_since = None;
            self.draft.clear();
        }
    }

    /// The screen as text, top to bottom.
    pub(super) fn rows(&self) -> Vec<String> {
        (0..self.screen.size().rows).map(|row| self.screen.row_text(row)).collect()
    }

    fn type_in(&mut self, part: Part, bytes: Vec<u8>) {
        if self.exit.is_none() && !self.queue.push(part, bytes, Instant::now()) {
            warn!("keys were dropped: the program does not read");
        }
    }
}

fn bytes_of(input: Input) -> Vec<u8> {
    match input {
        Input::Key(bytes) | Input::Paste(bytes) | Input::Mouse(bytes) | Input::Focus(bytes) => {
            bytes
        }
        Input::Answer => Vec::new(),
    }
}
