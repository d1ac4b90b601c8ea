//! Codex's record of a conversation, its rollout: a JSON object a line. After each model call it
//! says what the call cost and what the conversation has cost so far; it says so again when nothing
//! was asked in between.

use serde_json::Value;

use crate::agents::record::{Entry, ModelReport, moment};
use crate::model::usage::{Provider, read};

/// What a line says; a line that is not understood says nothing.
#[must_use]
pub fn entries(line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let payload = &line["payload"];
    let text = |name: &str| payload[name].as_str().map(str::to_owned);
    let said = match (line["type"].as_str(), payload["type"].as_str()) {
        (Some("turn_context"), _) => {
            [text("turn_id").map(Entry::Turn), text("model").map(Entry::Asks)]
        }
        (Some("event_msg"), Some("token_count")) => [tokens(&line, &payload["info"]), None],
        _ => [None, None],
    };
    said.into_iter().flatten().collect()
}

/// A call is known by what the conversation has cost after it.
fn tokens(line: &Value, info: &Value) -> Option<Entry> {
    let total = info["total_token_usage"]["total_tokens"].as_u64()?;
    Some(Entry::Model(ModelReport {
        message: format!("total-{total}"),
        chain: None,
        // The begin of the turn has said so.
        model: String::new(),
        at: moment(line.get("timestamp")),
        tokens: read(Provider::OpenAi, &info["last_token_usage"])?,
        exact: true,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of Codex 0.169.0.
    const RECORDED: &str = include_str!("recorded/rollout.jsonl");

    #[test]
    fn each_call_is_counted_once_and_the_cache_is_within_the_input() {
        let entries: Vec<Entry> = RECORDED.lines().flat_map(entries).collect();
        let calls: Vec<&ModelReport> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Model(report) => Some(report),
                _ => None,
            })
            .collect();
        assert_eq!(calls.len(), 3, "{calls:?}");
        let second = &calls[1].tokens;
        assert_eq!((second.input, second.cache_read, second.output), (300, 1000, 8));
        assert!(matches!(entries[0], Entry::Turn(_)), "{entries:?}");
        assert_eq!(entries[1], Entry::Asks("mock-model".into()));
        let again: Vec<Entry> = RECORDED.lines().rev().take(1).flat_map(super::entries).collect();
        assert!(matches!(&again[0], Entry::Model(report) if report.message == "total-3936"));
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for line in ["", "{", "[]", "{\"type\":\"event_msg\"}", "{\"type\":\"turn_context\"}"] {
            assert_eq!(entries(line), Vec::new(), "{line}");
        }
    }
}
