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
    /// The host could not be reached; it has not begun.
    Unreachable,
    /// The host was asked and its answer was lost; its ledger knows.
    Unanswered,
}

/// How far a message got whose delivery nobody waited for, as the ledger of its host tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing of it was typed.
    Nothing,
    /// Its text is, or was, in the composer, and no Enter came from ao.
    Pasted,
    /// Text and Enter went in.
    Written,
    /// It was begun, or there is no telling.
    Unknown,
}

/// The state of a message whose delivery was cut off and is not gone on with. `host_lives`: the
/// host may still have the order to type it. `receipts`: its agent tells of what it is given.
#[must_use]
pub fn after_cut_off(left: Left, host_lives: bool, receipts: bool) -> State {
    match left {
        Left::Written if host_lives || !receipts => State::Written,
        Left::Written => State::Uncertain(Uncertain::RecipientEnded),
        // The composer that its text was in has gone with its agent.
        Left::Nothing | Left::Pasted if !host_lives => State::Queued(None),
        Left::Nothing | Left::Pasted | Left::Unknown => State::Uncertain(Uncertain::Interrupted),
    }
}

/// First pause after an attempt that came to nothing, in milliseconds.
const FIRST_RETRY_MS: u64 = 500;
/// Longest pause.
const LAST_RETRY_MS: u64 = 30_000;

/// The state after an attempt.
#[must_use]
pub fn after_attempt(attempt: Attempt) -> State {
    match attempt {
        Attempt::Written => State::Written,
        // A person went on with the text: whether their Enter sends it is theirs to see.
        Attempt::Pasted(Held::Changed) | Attempt::Unknown => {
            State::Uncertain(Uncertain::Interrupted)
        }
        Attempt::Held(why) | Attempt::Pasted(why) => State::Queued(Some(why)),
        Attempt::Unanswered => State::Delivering,
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
    fn a_cut_off_delivery_is_in_doubt_only_where_its_host_cannot_say() {
        let ended = State::Uncertain(Uncertain::RecipientEnded);
        let cut_off = State::Uncertain(Uncertain::Interrupted);
        for (left, host_lives, receipts, expected) in [
            (Left::Nothing, false, true, State::Queued(None)),
            (Left::Pasted, false, false, State::Queued(None)),
            (Left::Written, false, false, State::Written),
            (Left::Written, false, true, ended),
            (Left::Written, true, true, State::Written),
            (Left::Unknown, false, true, cut_off),
            (Left::Nothing, true, true, cut_off),
            (Left::Pasted, true, false, cut_off),
        ] {
            let state = after_cut_off(left, host_lives, receipts);
            assert_eq!(state, expected, "{left:?} {host_lives} {receipts}");
        }
    }

    #[test]
    fn pauses_double_and_end_at_half_a_minute() {
        let pauses: Vec<u64> = (1..=9).map(|n| retry_delay_ms(n, 0)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert!(retry_delay_ms(1, 255) < 625);
        assert!(retry_delay_ms(u32::MAX, 255) < 37_500);
    }
}
