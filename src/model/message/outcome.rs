//! What an attempt to write a message makes of it.

use super::{Held, State, Uncertain};

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Text and Enter are in the terminal.
    Written,
    /// Nothing was typed.
    Held(Held),
    /// The text is in the composer, the Enter was withheld. The next attempt presses only Enter.
    Pasted(Held),
    /// The host cannot say whether it was written.
    Unknown,
    /// The host could not be reached, so that this attempt has not begun.
    Unreachable,
    /// The host was asked and its answer was lost; its ledger knows.
    Unanswered,
}

/// First pause after an attempt that came to nothing, in milliseconds.
const FIRST_RETRY_MS: u64 = 500;
/// Longest pause.
const LAST_RETRY_MS: u64 = 30_000;

/// The state after an attempt. `begun`: what came of an earlier one is not known, so that only the
/// host's own word makes the message a queued one again.
#[must_use]
pub fn after_attempt(attempt: Attempt, begun: bool) -> State {
    match attempt {
        Attempt::Written => State::Written,
        // A person went on with the text: whether their Enter sends it is theirs to see.
        Attempt::Pasted(Held::Changed) | Attempt::Unknown => {
            State::Uncertain(Uncertain::Interrupted)
        }
        Attempt::Held(why) | Attempt::Pasted(why) => State::Queued(Some(why)),
        Attempt::Unanswered => State::Delivering,
        Attempt::Unreachable if begun => State::Delivering,
        Attempt::Unreachable => State::Queued(Some(Held::HostDown)),
    }
}

/// Milliseconds to wait before attempt number `attempts` + 1: doubling from half a second to half
/// a minute, with up to a quarter more by `jitter` (0 to 255).
#[must_use]
pub fn retry_delay_ms(attempts: u32, jitter: u8) -> u64 {
    let doubled = FIRST_RETRY_MS << attempts.saturating_sub(1).min(8);
    let base = doubled.min(LAST_RETRY_MS);
    base + base * u64::from(jitter) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_typed_is_not_queued_again_for_want_of_a_host() {
        let waits = State::Queued(Some(Held::HostDown));
        assert_eq!(after_attempt(Attempt::Unreachable, false), waits);
        assert_eq!(after_attempt(Attempt::Unreachable, true), State::Delivering);
        let held = State::Queued(Some(Held::Dialog));
        assert_eq!(after_attempt(Attempt::Held(Held::Dialog), true), held, "the host knows");
    }

    #[test]
    fn pauses_double_and_end_at_half_a_minute() {
        let pauses: Vec<u64> = (1..=9).map(|n| retry_delay_ms(n, 0)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert!(retry_delay_ms(1, 255) < 625);
        assert!(retry_delay_ms(u32::MAX, 255) < 37_500);
    }
}
