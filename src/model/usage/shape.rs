//! The shape of a prompt: how much of it is the prefix that every call repeats (system prompt and
//! tools), how much is history that the cache gave, how much is new. Providers do not say; it is
//! concluded from what the cache took and gave.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tokens;

/// The part of the prompt that every call of a conversation repeats, in tokens: what the cache took
/// or gave at its first call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefix(pub u64);

/// A prompt in three parts, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shape {
    /// System prompt and tools.
    pub prefix: u64,
    /// What was said before, as far as the cache gave it.
    pub history: u64,
    /// What was paid for in full: new, or lost from the cache.
    pub fresh: u64,
}

impl Prefix {
    /// From a conversation's first call.
    #[must_use]
    pub fn of_first(call: &Tokens) -> Self {
        Self(call.cache_read + call.cache_write)
    }

    /// The shape of a call; `is_first` for the one that the prefix was taken from.
    #[must_use]
    pub fn shape(self, call: &Tokens, is_first: bool) -> Shape {
        if is_first {
            return Shape { prefix: self.0, history: 0, fresh: call.input };
        }
        let prefix = call.cache_read.min(self.0);
        Shape { prefix, history: call.cache_read - prefix, fresh: call.input + call.cache_write }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_stays_the_history_grows() {
        let first = Tokens { input: 10, cache_write: 5000, ..Tokens::default() };
        let prefix = Prefix::of_first(&first);
        let shape = prefix.shape(&first, true);
        assert_eq!((shape.prefix, shape.history, shape.fresh), (5000, 0, 10));
        let later = Tokens { input: 10, cache_read: 7000, cache_write: 300, ..Tokens::default() };
        let shape = prefix.shape(&later, false);
        assert_eq!((shape.prefix, shape.history, shape.fresh), (5000, 2000, 310));
        let lost = Tokens { input: 10, cache_write: 7300, ..Tokens::default() };
        let shape = prefix.shape(&lost, false);
        assert_eq!((shape.prefix, shape.history, shape.fresh), (0, 0, 7310));
    }
}
