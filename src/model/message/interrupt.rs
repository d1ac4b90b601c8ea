//! Stopping a recipient's turn for a message.

use serde::{Deserialize, Serialize};

/// A key by which agents' turns are stopped, or their composers emptied: no other can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopKey {
    /// Escape.
    Escape,
    /// Ctrl-C.
    CtrlC,
    /// Ctrl-U: empties a composer.
    CtrlU,
}

/// How that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// It is to be done as soon as the agent is found at work.
    Wanted,
    /// The turn was stopped.
    Stopped,
    /// There was no turn to stop.
    NotAtWork,
    /// The keys were pressed, and the agent works on.
    WorksOn,
    /// The session's host is older than this and cannot.
    NotPossible,
}

impl Interrupt {
    const ALL: [Self; 5] =
        [Self::Wanted, Self::Stopped, Self::NotAtWork, Self::WorksOn, Self::NotPossible];

    /// How it stands for a message that waits or does not any more: what has come to be read without
    /// it found no turn to stop.
    #[must_use]
    pub fn of(self, waits: bool) -> Self {
        if self == Self::Wanted && !waits { Self::NotAtWork } else { self }
    }

    /// Its word in the store, in events and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Stopped => "stopped",
            Self::NotAtWork => "not_at_work",
            Self::WorksOn => "works_on",
            Self::NotPossible => "not_possible",
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interrupt| interrupt.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for interrupt in Interrupt::ALL {
            assert_eq!(Interrupt::parse(interrupt.as_str()), Some(interrupt));
        }
        assert_eq!(Interrupt::parse("later"), None);
    }

    #[test]
    fn a_wish_that_was_not_needed_found_no_turn() {
        assert_eq!(Interrupt::Wanted.of(true), Interrupt::Wanted);
        assert_eq!(Interrupt::Wanted.of(false), Interrupt::NotAtWork);
        assert_eq!(Interrupt::Stopped.of(false), Interrupt::Stopped);
    }
}
