//! The words of `--budget`.

/// What a run may spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// Tokens that agents put out.
    Tokens(f64),
    /// US dollars.
    Usd(f64),
}

impl Budget {
    /// `500`, `500k`, `2m`, `usd:2.50`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_prefix("usd:") {
            let number = above_zero(number);
            return number.map(Self::Usd).ok_or_else(|| "an amount of money: usd:2.50".to_owned());
        }
        let (number, unit) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'm' | 'M')) => (&text[..at], 1e6),
            _ => (text, 1.0),
        };
        let words = "a number of tokens (60000, 500k, 2m), or of US dollars (usd:2.50)";
        above_zero(number).map(|n| Self::Tokens(n * unit)).ok_or_else(|| words.to_owned())
    }

    /// The tokens, if it is in tokens.
    pub fn tokens(self) -> Option<f64> {
        if let Self::Tokens(tokens) = self { Some(tokens) } else { None }
    }

    /// The dollars, if it is in dollars.
    pub fn usd(self) -> Option<f64> {
        if let Self::Usd(usd) = self { Some(usd) } else { None }
    }
}

fn above_zero(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets() {
        assert_eq!(Budget::parse("60").unwrap().tokens(), Some(60.0));
        assert_eq!(Budget::parse("500k").unwrap(), Budget::Tokens(500_000.0));
        assert_eq!(Budget::parse("usd:2.50").unwrap().usd(), Some(2.5));
        for bad in ["", "k", "-1", "0", "usd:", "usd:-2", "eur:2", "nan"] {
            assert!(Budget::parse(bad).is_err(), "{bad}");
        }
    }
}
