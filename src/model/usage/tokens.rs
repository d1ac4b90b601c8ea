//! Tokens of one model call or of many, each counted in one place only.

use std::ops::{Add, AddAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went in and came out. `input`, `cache_read` and `cache_write` do not overlap: together they
/// are the whole prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Tokens {
    /// Of the prompt, neither read from the cache nor written to it.
    pub input: u64,
    /// Of the prompt, read from the cache.
    pub cache_read: u64,
    /// Of the prompt, written to the cache.
    pub cache_write: u64,
    /// All that the model wrote, its reasoning included where the provider counts that.
    pub output: u64,
    /// Of `output`, reasoning; 0 where the provider does not say.
    pub reasoning: u64,
}

impl Tokens {
    /// The whole prompt.
    #[must_use]
    pub fn prompt(&self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }

    /// Prompt and output without what the cache gave.
    #[must_use]
    pub fn fresh(&self) -> u64 {
        self.input + self.cache_write + self.output
    }

    /// The part of the prompt that came from the cache, 0 to 1; nothing where there was no prompt.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A rate for people.
    pub fn hit_rate(&self) -> Option<f64> {
        (self.prompt() > 0).then(|| self.cache_read as f64 / self.prompt() as f64)
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Two reports of one call: streams begin with a low number and say the final one later, and
    /// repeat both with each part of the message. The larger number of each is the final one.
    #[must_use]
    pub fn or_later(&self, other: &Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cache_read: self.cache_read.max(other.cache_read),
            cache_write: self.cache_write.max(other.cache_write),
            output: self.output.max(other.output),
            reasoning: self.reasoning.max(other.reasoning),
        }
    }

    /// What `self`, a running total, has more than `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            input: self.input.saturating_sub(before.input),
            cache_read: self.cache_read.saturating_sub(before.cache_read),
            cache_write: self.cache_write.saturating_sub(before.cache_write),
            output: self.output.saturating_sub(before.output),
            reasoning: self.reasoning.saturating_sub(before.reasoning),
        }
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        let tokens = Tokens { input: 10, cache_read: 3000, cache_write: 200, ..Tokens::default() };
        assert_eq!(format!("{:.1}", tokens.hit_rate().unwrap() * 100.0), "93.5");
        assert_eq!(Tokens::default().hit_rate(), None);
    }

    #[test]
    fn a_repeated_report_counts_once_and_the_final_one_stands() {
        let first = Tokens { input: 10, output: 1, cache_read: 500, ..Tokens::default() };
        let last = Tokens { output: 75, ..first };
        assert_eq!(first.or_later(&last).or_later(&first), last);
    }

    #[test]
    fn running_totals_are_taken_apart() {
        let before = Tokens { input: 10, output: 25, ..Tokens::default() };
        let now = Tokens { input: 30, output: 25, ..Tokens::default() };
        assert_eq!(now.since(&before), Tokens { input: 20, ..Tokens::default() });
    }
}
