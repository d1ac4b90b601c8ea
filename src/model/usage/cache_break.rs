//! When the cache of a conversation is lost: the provider read less than half of what it held.

use crate::model::ids::Timestamp;

use super::Tokens;

/// A call, as far as its cache goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// The model.
    pub model: String,
    /// When it was made.
    pub at: Timestamp,
    /// Its tokens.
    pub tokens: Tokens,
}

/// A lost cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// What the cache held.
    pub held: u64,
    /// What it gave.
    pub read: u64,
    /// Seconds since the call before.
    pub idle_s: u64,
    /// What explains it best.
    pub cause: Cause,
}

/// What explains a lost cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Another model was asked, and each has its own.
    Model,
    /// More time went by than caches are kept.
    Idle,
    /// Something before the end of the prompt has changed: the tools, the system prompt, a
    /// compaction.
    Changed,
}

impl Cause {
    /// As in the event.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Idle => "idle",
            Self::Changed => "changed",
        }
    }
}

/// How long providers keep a cache by default, in seconds: 5 minutes.
const KEPT_S: u64 = 300;

/// Whether the cache that `before` left was lost at `now`. Below half is a loss; a little less than
/// all is how caches work, which end at marks.
#[must_use]
pub fn broken(before: &Cached, now: &Cached) -> Option<Break> {
    let held = before.tokens.cache_read + before.tokens.cache_write;
    let read = now.tokens.cache_read;
    if held == 0 || read.saturating_mul(2) >= held {
        return None;
    }
    let idle_s = now.at.since(before.at) / 1000;
    let cause = if before.model != now.model {
        Cause::Model
    } else if idle_s >= KEPT_S {
        Cause::Idle
    } else {
        Cause::Changed
    };
    Some(Break { held, read, idle_s, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at_s: i64, model: &str, read: u64, write: u64) -> Cached {
        let tokens = Tokens { input: 5, cache_read: read, cache_write: write, ..Tokens::default() };
        Cached { model: model.into(), at: Timestamp(at_s * 1000), tokens }
    }

    #[test]
    fn a_lost_prefix_is_seen_with_its_cause() {
        let first = call(0, "m", 0, 5000);
        assert_eq!(broken(&first, &call(9, "m", 5000, 100)), None);
        assert_eq!(broken(&first, &call(9, "m", 2500, 100)), None);
        let lost = broken(&first, &call(9, "m", 0, 5100)).unwrap();
        assert_eq!((lost.held, lost.read, lost.cause), (5000, 0, Cause::Changed));
        assert_eq!(broken(&first, &call(301, "m", 0, 0)).unwrap().cause, Cause::Idle);
        assert_eq!(broken(&first, &call(1, "n", 0, 0)).unwrap().cause, Cause::Model);
        assert_eq!(broken(&call(0, "m", 0, 0), &first), None, "there was nothing to lose");
    }
}
