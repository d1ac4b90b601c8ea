//! `prices.toml` in the configuration directory: what tokens cost, model by model. Without it there
//! is no talk of money.

use std::path::Path;

use serde::Deserialize;

use super::ConfigError;
use super::toml_text::{parse_toml, read_text};
use crate::model::glob;
use crate::model::usage::Price;

/// The prices; the first one whose pattern fits a model is that model's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    entries: Vec<Entry>,
}

/// US dollars for a million tokens of each kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    model: String,
    input: f64,
    output: f64,
    /// Absent: as much as `input`.
    cache_read: Option<f64>,
    /// Absent: as much as `input`.
    cache_write: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    price: Vec<Entry>,
}

impl Prices {
    /// Reads the file; a missing one has no prices.
    ///
    /// # Errors
    /// With file and line of what is not understood.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let Some(text) = read_text(file)? else { return Ok(Self::default()) };
        let parsed: File = parse_toml(file, &text)?;
        Ok(Self { entries: parsed.price })
    }

    /// Whether no model has a price.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The model's price, if it has one.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<Price> {
        let entry = self.entries.iter().find(|entry| glob::fits(&entry.model, model))?;
        Some(Price {
            input: entry.input,
            output: entry.output,
            cache_read: entry.cache_read.unwrap_or(entry.input),
            cache_write: entry.cache_write.unwrap_or(entry.input),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("prices.toml");
        assert_eq!(Prices::load(&file).unwrap(), Prices::default());
        let text = "[[price]]\nmodel = \"a-*\"\ninput = 3\noutput = 15\ncache_read = 0.3\n\
                    [[price]]\nmodel = \"*\"\ninput = 1\noutput = 2\n";
        std::fs::write(&file, text).unwrap();
        let prices = Prices::load(&file).unwrap();
        let price = prices.of("a-1").unwrap();
        assert_eq!((price.cache_read, price.cache_write), (0.3, 3.0));
        assert_eq!(prices.of("b").unwrap().output, 2.0);
        std::fs::write(&file, "[[price]]\nmodel = \"a\"\ninput = 3\nouptut = 15\n").unwrap();
        let error = Prices::load(&file).unwrap_err().to_string();
        assert!(error.contains("prices.toml:4"), "{error}");
    }
}
