//! What follows when an agent has ended by itself: one that failed right after its start is started
//! again, with growing pauses and not for ever; one that has lived, or has done what it was started
//! for, is over.

use std::time::Duration;

use crate::model::ids::Timestamp;

use super::Kind;

/// An agent that ends this soon, and was not heard of before, failed to start, in milliseconds.
const SOON_MS: u64 = 10_000;
/// Launches within this time count, in milliseconds.
const WINDOW_MS: u64 = 60_000;
/// The pause before the second launch; each further one is four times as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// An agent's end, with what decides about the next launch.
#[derive(Debug, Clone, Copy)]
pub struct Exit<'a> {
    /// Its exit code, or 128 + the signal.
    pub code: i32,
    /// When it ended.
    pub at: Timestamp,
    /// When it was last launched, the oldest launch first.
    pub starts: &'a [Timestamp],
    /// Its own hooks or reports were heard: it came to life.
    pub was_heard: bool,
    /// A command that somebody gave, rather than an agent that is known to go on until it is told
    /// to end: an exit with 0 may be all that was wanted of it.
    pub any_command: bool,
    /// What it is there for.
    pub kind: Kind,
    /// Launches within a minute before it is called a loop; 1: none is repeated.
    pub attempts: u32,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterExit {
    /// It is over.
    Over,
    /// Launch it again, after a pause.
    Again(Duration),
    /// It is over, for it fails again and again.
    Loop,
}

/// The law. Launches that somebody asked for count like those that ao repeats.
#[must_use]
pub fn after_exit(exit: Exit<'_>) -> AfterExit {
    let lived = exit.starts.last().map_or(u64::MAX, |start| exit.at.since(*start));
    let finished = exit.code == 0 && exit.any_command && exit.kind == Kind::Worker;
    if exit.was_heard || lived >= SOON_MS || finished || exit.attempts <= 1 {
        return AfterExit::Over;
    }
    let recent = exit.starts.iter().filter(|start| exit.at.since(**start) < WINDOW_MS).count();
    let recent = u32::try_from(recent).unwrap_or(u32::MAX);
    if recent >= exit.attempts {
        return AfterExit::Loop;
    }
    AfterExit::Again(FIRST_PAUSE * 4_u32.saturating_pow(recent.saturating_sub(1).min(4)))
}

/// The launches that still count at `now`, that one included.
#[must_use]
pub fn with_start(starts: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let counts = |start: &&Timestamp| now.since(**start) < WINDOW_MS;
    starts.iter().filter(counts).copied().chain([now]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: i32, at: i64, starts: &[Timestamp]) -> Exit<'_> {
        Exit {
            code,
            at: Timestamp(at),
            starts,
            was_heard: false,
            any_command: true,
            kind: Kind::Worker,
            attempts: 3,
        }
    }

    #[test]
    fn three_starts_in_a_minute_are_a_loop() {
        let mut starts = Vec::new();
        let mut now = 0;
        let mut pauses = Vec::new();
        loop {
            starts = with_start(&starts, Timestamp(now));
            now += 100;
            match after_exit(exit(1, now, &starts)) {
                AfterExit::Again(pause) => {
                    pauses.push(pause.as_secs());
                    now += i64::try_from(pause.as_millis()).unwrap();
                }
                end => {
                    assert_eq!(end, AfterExit::Loop);
                    break;
                }
            }
        }
        assert_eq!(pauses, [1, 4]);
        assert_eq!(starts.len(), 3);
    }

    #[test]
    fn only_what_failed_to_start_is_started_again() {
        let starts = [Timestamp(0)];
        let failed = exit(1, 500, &starts);
        let again = AfterExit::Again(Duration::from_secs(1));
        assert_eq!(after_exit(failed), again);
        assert_eq!(after_exit(Exit { was_heard: true, ..failed }), AfterExit::Over);
        assert_eq!(after_exit(Exit { at: Timestamp(10_000), ..failed }), AfterExit::Over);
        assert_eq!(after_exit(Exit { attempts: 1, ..failed }), AfterExit::Over);
        let well = Exit { code: 0, ..failed };
        assert_eq!(after_exit(well), AfterExit::Over, "it did what it was started for");
        assert_eq!(after_exit(Exit { any_command: false, ..well }), again);
        assert_eq!(after_exit(Exit { kind: Kind::Orchestrator, ..well }), again);
    }

    #[test]
    fn old_starts_are_forgotten() {
        let starts = with_start(&[Timestamp(0), Timestamp(50_000)], Timestamp(70_000));
        assert_eq!(starts, [Timestamp(50_000), Timestamp(70_000)]);
    }
}
