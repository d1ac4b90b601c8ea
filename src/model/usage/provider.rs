//! Providers' own words for tokens. What differs: whether what the cache gave is counted within
//! the input (OpenAI, Gemini) or beside it (Anthropic), and whether reasoning is counted within the
//! output (Anthropic, OpenAI) or beside it (Gemini).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Tokens;

/// Whose arithmetic it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// The cache is beside the input.
    Anthropic,
    /// The cache is within the input; Responses, Chat Completions and what Codex and Qwen Code print.
    OpenAi,
    /// The cache is within the prompt, thoughts are beside the candidates.
    Gemini,
    /// ao's own names: the fields of [`Tokens`], which do not overlap.
    #[default]
    Neutral,
}

impl Provider {
    /// The provider of that name, as in a manifest or a hook.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "anthropic" => Self::Anthropic,
            "openai" => Self::OpenAi,
            "gemini" => Self::Gemini,
            "neutral" => Self::Neutral,
            _ => return None,
        })
    }
}

/// The tokens of a usage object; nothing if it has none of the provider's fields.
#[must_use]
pub fn read(provider: Provider, usage: &Value) -> Option<Tokens> {
    let tokens = match provider {
        Provider::Anthropic => anthropic(usage),
        Provider::OpenAi => openai(usage),
        Provider::Gemini => gemini(usage),
        Provider::Neutral => neutral(usage),
    };
    tokens.filter(|tokens| !tokens.is_zero())
}

/// The first of these paths that holds a number.
fn number(usage: &Value, paths: &[&str]) -> Option<u64> {
    paths.iter().find_map(|path| usage.pointer(path)).and_then(|value| {
        // Some programs write whole numbers as floats.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
    })
}

fn anthropic(usage: &Value) -> Option<Tokens> {
    let input = number(usage, &["/input_tokens"]);
    let output = number(usage, &["/output_tokens"]);
    input.or(output)?;
    Some(Tokens {
        input: input.unwrap_or(0),
        cache_read: number(usage, &["/cache_read_input_tokens"]).unwrap_or(0),
        cache_write: number(usage, &["/cache_creation_input_tokens"]).unwrap_or(0),
        output: output.unwrap_or(0),
        reasoning: number(usage, &["/output_tokens_details/thinking_tokens"]).unwrap_or(0),
    })
}

fn openai(usage: &Value) -> Option<Tokens> {
    // DeepSeek says outright what the cache gave and what it did not.
    let split = (
        number(usage, &["/prompt_cache_hit_tokens"]),
        number(usage, &["/prompt_cache_miss_tokens"]),
    );
    let prompt = number(usage, &["/input_tokens", "/prompt_tokens"]);
    let output = number(usage, &["/output_tokens", "/completion_tokens"]);
    prompt.or(output).or(split.0)?;
    let cached = number(
        usage,
        &[
            "/cached_input_tokens",
            "/cache_read_input_tokens",
            "/input_tokens_details/cached_tokens",
            "/prompt_tokens_details/cached_tokens",
        ],
    );
    let written = number(usage, &["/cache_write_input_tokens"]).unwrap_or(0);
    let (input, cache_read) = match split {
        (Some(hit), Some(miss)) => (miss, hit),
        _ => {
            let cached = cached.unwrap_or(0);
            (prompt.unwrap_or(0).saturating_sub(cached + written), cached)
        }
    };
    let reasoning = number(
        usage,
        &[
            "/reasoning_output_tokens",
            "/output_tokens_details/reasoning_tokens",
            "/completion_tokens_details/reasoning_tokens",
        ],
    );
    Some(Tokens {
        input,
        cache_read,
        cache_write: written,
        output: output.unwrap_or(0),
        reasoning: reasoning.unwrap_or(0),
    })
}

fn gemini(usage: &Value) -> Option<Tokens> {
    let prompt = number(usage, &["/promptTokenCount", "/prompt", "/input_tokens"]);
    let candidates = number(usage, &["/candidatesTokenCount", "/candidates", "/output_tokens"]);
    prompt.or(candidates)?;
    let cached = number(usage, &["/cachedContentTokenCount", "/cached"]).unwrap_or(0);
    let thoughts = number(usage, &["/thoughtsTokenCount", "/thoughts"]).unwrap_or(0);
    let tools = number(usage, &["/toolUsePromptTokenCount", "/tool"]).unwrap_or(0);
    Some(Tokens {
        input: prompt.unwrap_or(0).saturating_sub(cached) + tools,
        cache_read: cached,
        cache_write: 0,
        output: candidates.unwrap_or(0) + thoughts,
        reasoning: thoughts,
    })
}

fn neutral(usage: &Value) -> Option<Tokens> {
    let field = |name: &str| number(usage, &[&format!("/{name}")]);
    let fields = ["input", "output", "cache_read", "cache_write"];
    fields.iter().find_map(|name| field(name))?;
    let value = |name| field(name).unwrap_or(0);
    Some(Tokens {
        input: value("input"),
        cache_read: value("cache_read"),
        cache_write: value("cache_write"),
        output: value("output"),
        reasoning: value("reasoning"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn anthropic_counts_the_cache_beside_the_input() {
        let usage = json!({"input_tokens": 10, "cache_creation_input_tokens": 200,
            "cache_read_input_tokens": 3000, "output_tokens": 7,
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 200}});
        let tokens = read(Provider::Anthropic, &usage).unwrap();
        assert_eq!((tokens.prompt(), tokens.fresh()), (3210, 217));
    }

    #[test]
    fn openai_counts_the_cache_within_the_input() {
        for usage in [
            json!({"input_tokens": 1000, "cached_input_tokens": 800, "output_tokens": 5}),
            json!({"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 800},
                "output_tokens": 5}),
            json!({"prompt_tokens": 1000, "prompt_tokens_details": {"cached_tokens": 800},
                "completion_tokens": 5}),
        ] {
            let tokens = read(Provider::OpenAi, &usage).unwrap();
            assert_eq!((tokens.input, tokens.cache_read, tokens.prompt()), (200, 800, 1000));
            assert_eq!(tokens.hit_rate(), Some(0.8));
        }
        let reasoned = json!({"input_tokens": 9, "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 40}});
        let tokens = read(Provider::OpenAi, &reasoned).unwrap();
        assert_eq!((tokens.output, tokens.reasoning), (50, 40), "within the output");
    }

    #[test]
    fn deepseek_says_hit_and_miss() {
        let usage = json!({"prompt_tokens": 1000, "prompt_cache_hit_tokens": 900,
            "prompt_cache_miss_tokens": 100, "completion_tokens": 1});
        let tokens = read(Provider::OpenAi, &usage).unwrap();
        assert_eq!((tokens.input, tokens.hit_rate()), (100, Some(0.9)));
    }

    #[test]
    fn gemini_counts_the_cache_within_and_thoughts_beside() {
        let usage = json!({"promptTokenCount": 1000, "cachedContentTokenCount": 600,
            "candidatesTokenCount": 20, "thoughtsTokenCount": 30});
        let tokens = read(Provider::Gemini, &usage).unwrap();
        assert_eq!((tokens.input, tokens.cache_read), (400, 600));
        assert_eq!((tokens.output, tokens.reasoning), (50, 30));
    }

    #[test]
    fn what_is_no_usage_is_none() {
        for provider in [Provider::Anthropic, Provider::OpenAi, Provider::Gemini, Provider::Neutral]
        {
            for usage in [json!(null), json!({}), json!([1]), json!({"input_tokens": "many"})] {
                assert_eq!(read(provider, &usage), None, "{provider:?} {usage}");
            }
        }
        assert_eq!(read(Provider::Anthropic, &json!({"input_tokens": 0})), None);
        // More cached than there was: a fault of the reporter, not a huge number of ours.
        let odd = json!({"input_tokens": 5, "cached_input_tokens": 9});
        assert_eq!(read(Provider::OpenAi, &odd).unwrap().input, 0);
    }
}
