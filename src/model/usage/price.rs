//! Money, where the person has said what tokens cost.

use super::Tokens;

/// What a million tokens cost, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// Of `input`.
    pub input: f64,
    /// Of `output`.
    pub output: f64,
    /// Of `cache_read`.
    pub cache_read: f64,
    /// Of `cache_write`.
    pub cache_write: f64,
}

/// What the tokens cost, in US dollars.
#[must_use]
#[allow(clippy::cast_precision_loss)] // Token counts are far below 2^52.
pub fn cost_usd(tokens: &Tokens, price: &Price) -> f64 {
    let part = |count: u64, price: f64| count as f64 * price / 1e6;
    part(tokens.input, price.input)
        + part(tokens.output, price.output)
        + part(tokens.cache_read, price.cache_read)
        + part(tokens.cache_write, price.cache_write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_price() {
        let price = Price { input: 3.0, output: 15.0, cache_read: 0.3, cache_write: 3.75 };
        let tokens = Tokens {
            input: 1_000_000,
            output: 100_000,
            cache_read: 2_000_000,
            cache_write: 400_000,
            reasoning: 50_000,
        };
        assert!((cost_usd(&tokens, &price) - (3.0 + 1.5 + 0.6 + 1.5)).abs() < 1e-9);
    }
}
