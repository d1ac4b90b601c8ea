//! Qwen Code's record of a conversation: a JSON object a line. Each answer of a model is a line of
//! its telemetry, also those to what it asks by itself, for its memory say. Calls of tools are told
//! by its hooks.

use serde_json::{Value, json};

use crate::agents::record::{Entry, ModelReport, moment};
use crate::model::usage::{Provider, read};

/// What a line says; a line that is not understood says nothing.
#[must_use]
pub fn entries(line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let event = &line["systemPayload"]["uiEvent"];
    if event["event.name"] != "qwen-code.api_response" {
        return Vec::new();
    }
    let text = |name: &str| event[name].as_str();
    let chain = text("subagent_id").map(str::to_owned);
    // What it asks by itself belongs to the turn that it follows.
    let turn = text("prompt_id").filter(|_| chain.is_none()).map(str::to_owned);
    let usage = json!({
        "input_tokens": event["input_token_count"],
        "output_tokens": event["output_token_count"],
        "cached_input_tokens": event["cached_content_token_count"],
        "reasoning_output_tokens": event["thoughts_token_count"],
    });
    let model = || {
        Some(Entry::Model(ModelReport {
            message: text("response_id")?.to_owned(),
            chain,
            model: text("model").unwrap_or_default().to_owned(),
            at: moment(event.get("event.timestamp")),
            tokens: read(Provider::OpenAi, &usage)?,
            exact: true,
        }))
    };
    turn.map(Entry::Turn).into_iter().chain(model()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of Qwen Code 0.24.4.
    const RECORDED: &str = include_str!("recorded/chat.jsonl");

    #[test]
    fn each_answer_is_counted_and_the_cache_is_within_the_input() {
        let entries: Vec<Entry> = RECORDED.lines().flat_map(entries).collect();
        let calls: Vec<&ModelReport> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Model(report) => Some(report),
                _ => None,
            })
            .collect();
        let [first, memory, ..] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!((first.tokens.input, first.tokens.output), (300, 1));
        assert_eq!((first.model.as_str(), &first.chain), ("mock-model", &None));
        assert_eq!((memory.tokens.input, memory.tokens.cache_read), (300, 1000));
        assert!(memory.chain.as_deref().unwrap().starts_with("managed-auto-memory-extractor"));
        let turns = entries.iter().filter(|entry| matches!(entry, Entry::Turn(_))).count();
        assert_eq!(turns, calls.len() - 1, "the memory's is no turn of its own");
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        let odd = r#"{"systemPayload":{"uiEvent":{"event.name":"qwen-code.api_response"}}}"#;
        for line in ["", "{", "[]", odd] {
            assert_eq!(entries(line), Vec::new(), "{line}");
        }
    }
}
