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
    let entry = match (line["type"].as_str(), payload["type"].as_str()) {
        (Some("turn_context"), _) => payload["turn_id"].as_str().map(|id| Entry::Turn(id.into())),
        (Some("event_msg"), Some("token_count")) => tokens(&line, &payload["info"]),
        _ => None,
    };
    entry.into_iter().collect()
}

/// A call is known by what the conversation has cost after it.
fn tokens(line: &Value, info: &Value) -> Option<Entry> {
    let total = info["total_token_usage"]["total_tokens"].as_u64()?;
    Some(Entry::Model(ModelReport {
        message: format!("total-{total}"),
        chain: None,
        // It does not say so here.
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
