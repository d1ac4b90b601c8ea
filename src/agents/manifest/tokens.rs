//! How the tokens of a model call are counted in what an agent prints or records.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::usage::{Provider, Tokens, read};

/// Where a provider counts what its cache gave and what was written to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheCount {
    /// Within the input.
    #[default]
    InInput,
    /// Beside it.
    BesideInput,
}

impl CacheCount {
    /// The tokens of a call; `told` gives what it says for `input`, `output`, `cache_read`,
    /// `cache_write` and `reasoning`. Nothing if it says none of them.
    pub(in crate::agents) fn tokens<'a>(
        self,
        told: impl Fn(&str) -> Option<&'a Value>,
    ) -> Option<Tokens> {
        let (provider, words) = match self {
            Self::InInput => (Provider::OpenAi, IN_INPUT),
            Self::BesideInput => (Provider::Neutral, TOKENS),
        };
        let named = TOKENS.into_iter().zip(words);
        let usage: Map<String, Value> =
            named.filter_map(|(name, word)| Some((word.to_owned(), told(name)?.clone()))).collect();
        read(provider, &Value::Object(usage))
    }
}

/// What counts tokens.
const TOKENS: [&str; 5] = ["input", "output", "cache_read", "cache_write", "reasoning"];
/// The same as [`Provider::OpenAi`] calls it.
const IN_INPUT: [&str; 5] = [
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
];
