//! The Enter after a message: what the screen showed when it was pressed, and pressing it again
//! when the program has lost it. Some programs swallow an Enter that comes while they are busy with
//! a paste; without this the text would lie in the composer and be glued to the next one.

use std::time::Duration;

use tokio::time::Instant;

use crate::host::inject::{self, Composer, Facts, HeldWhy, InjectRules, may_enter};
use crate::model::ids::MessageId;

use super::host::Host;
use super::pty_queue::Part;

/// A screen may be so late: before that it does not show whether an Enter was taken.
const AGAIN: Duration = Duration::from_secs(4);

/// How often it is pressed again.
const MOST: u32 = 3;

/// Bytes of output taken at once.
const READ: usize = 32 * 1024;

/// Reads for one look: a program that puts out more than this in one go is in no dialog.
const MOST_READS: usize = 32;

/// What the key sends.
const ENTER: &[u8] = b"\r";

/// An Enter that was pressed.
#[derive(Debug)]
pub struct Pressed {
    id: MessageId,
    /// What the composer showed right before: what it still shows if the Enter was lost.
    shown: String,
    rules: InjectRules,
    bracketed: bool,
    due: Instant,
    left: u32,
}

impl Pressed {
    /// When it is to be looked at.
    pub fn due(&self) -> Instant {
        self.due
    }
}

impl Host {
    /// Takes in what the program has put out by now: a dialog that it has just opened counts.
    pub(super) fn take_output(&mut self) {
        let mut buffer = vec![0; READ];
        for _ in 0..MOST_READS {
            let Some(count) = self.pty.read_now(&mut buffer) else { return };
            self.output(&buffer[..count]);
        }
    }

    /// Types Enter in the same breath as the look that allowed it: were it to wait for its turn, a
    /// dialog could be read in between. False where the terminal does not take it at once.
    pub(super) fn press_enter(&mut self, now: Instant) -> bool {
        let at_once = self.queue.waiting() == 0 && self.pty.write_now(ENTER).is_some();
        at_once || {
            self.queue.push(Part::Enter, ENTER.to_vec(), now);
            false
        }
    }

    /// What the composer shows of a message that Enter is about to be pressed on; nothing where no
    /// rule says, or where it shows nothing.
    pub(super) fn before_enter(
        &self,
        id: &MessageId,
        rules: &InjectRules,
        facts: &Facts,
    ) -> Option<Pressed> {
        let rule = rules.composer.as_ref().filter(|_| facts.composer == Composer::Filled)?;
        let shown = inject::composer_text(rule, &self.rows())?.to_owned();
        Some(Pressed {
            id: id.clone(),
            shown,
            rules: rules.clone(),
            bracketed: facts.bracketed,
            due: Instant::now() + AGAIN,
            left: MOST,
        })
    }

    /// Presses Enter again if the composer still shows what it showed before the last one, nobody
    /// has typed since, and nothing forbids it.
    pub(super) fn enter_again(&mut self, now: Instant) {
        let Some(mut pressed) = self.deliveries.pressed.take_if(|pressed| now >= pressed.due)
        else {
            return;
        };
        self.take_output();
        let facts = self.facts(&pressed.rules, now);
        let blocked = may_enter(&pressed.rules, &facts, pressed.bracketed);
        let rule = pressed.rules.composer.as_ref();
        let rows = self.rows();
        let same = rule.and_then(|rule| inject::composer_text(rule, &rows)) == Some(&pressed.shown);
        match blocked {
            Ok(()) if !same || pressed.left == 0 => return,
            Ok(()) => {
                tracing::info!(id = %pressed.id, "the composer still shows it: Enter again");
                self.press_enter(now);
                pressed.left -= 1;
            }
            // It may be over in a moment.
            Err(HeldWhy::Dialog(_) | HeldWhy::NotReading | HeldWhy::NotForeground) => {}
            Err(_) => return,
        }
        pressed.due = now + AGAIN;
        self.deliveries.pressed = Some(pressed);
    }
}
