//! Gemini CLI's record of a conversation: a JSON object a line. A message of the model is written
//! when it came, and again, under the same id, when the tools that it asked for have run.

use serde_json::{Value, json};

use crate::agents::record::{Entry, ModelReport, ToolReport, moment};
use crate::model::trace::Outcome;
use crate::model::usage::{Provider, read};

/// What a line says; a line that is not understood says nothing.
#[must_use]
pub fn entries(line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let mut entries = Vec::new();
    // After a compression it writes what it keeps anew.
    let kept = line["$set"]["messages"].as_array().into_iter().flatten();
    for message in kept.chain([&line]).filter(|message| message["type"] == "gemini") {
        read_message(message, &mut entries);
    }
    entries
}

fn read_message(message: &Value, entries: &mut Vec<Entry>) {
    let Some(id) = message["id"].as_str() else { return };
    let at = moment(message.get("timestamp"));
    for call in message["toolCalls"].as_array().into_iter().flatten() {
        let Some(call_id) = call["id"].as_str() else { continue };
        let output = call.pointer("/result/0/functionResponse/response");
        let error = output.and_then(|output| output["error"].as_str());
        entries.push(Entry::Tool(Box::new(ToolReport {
            call_id: call_id.to_owned(),
            tool: call["name"].as_str().map(str::to_owned),
            message: Some(id.to_owned()),
            input: call.get("args").cloned(),
            output: output.cloned(),
            started_at: at,
            finished_at: moment(call.get("timestamp")),
            error: error.map(str::to_owned),
            outcome: match call["status"].as_str() {
                Some("success") => Some(Outcome::Ok),
                Some("error") => Some(Outcome::Error),
                Some("cancelled") => Some(Outcome::Denied),
                _ => None,
            },
            ..ToolReport::default()
        })));
    }
    let tokens = &message["tokens"];
    let usage = json!({
        "prompt": tokens["input"],
        "candidates": tokens["output"],
        "cached": tokens["cached"],
        "thoughts": tokens["thoughts"],
        "tool": tokens["tool"],
    });
    if let Some(tokens) = read(Provider::Gemini, &usage) {
        entries.push(Entry::Model(ModelReport {
            message: id.to_owned(),
            chain: None,
            model: message["model"].as_str().unwrap_or_default().to_owned(),
            at,
            tokens,
            exact: true,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of Gemini CLI 0.61.0.
    const RECORDED: &str = include_str!("recorded/chat.jsonl");

    #[test]
    fn a_message_that_is_written_twice_is_one() {
        let entries: Vec<Entry> = RECORDED.lines().flat_map(entries).collect();
        let mut messages: Vec<(&str, u64, u64, u64)> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Model(report) => {
                    let tokens = &report.tokens;
                    let id = report.message.as_str();
                    Some((id, tokens.input, tokens.cache_read, tokens.output))
                }
                _ => None,
            })
            .collect();
        messages.dedup();
        assert_eq!(
            messages,
            [
                ("c124f40f-6e2d-453d-ac32-700f3cc33a64", 300, 0, 8),
                ("e6a911b9-fe7c-4826-9af6-7208f14c3cbf", 300, 1000, 1),
            ]
        );
    }

    #[test]
    fn a_call_is_told_whole() {
        let entries: Vec<Entry> = RECORDED.lines().flat_map(entries).collect();
        let calls: Vec<&ToolReport> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Tool(report) => Some(&**report),
                _ => None,
            })
            .collect();
        let [call] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!(call.tool.as_deref(), Some("run_shell_command"));
        assert_eq!(call.input.as_ref().unwrap()["command"], "echo hi");
        assert!(call.output.as_ref().unwrap()["output"].as_str().unwrap().contains("hi"));
        assert_eq!(call.outcome, Some(Outcome::Ok));
        assert!(call.started_at < call.finished_at);
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for line in ["", "{", "[]", "{\"type\":\"gemini\"}", "{\"$set\":{\"messages\":[3]}}"] {
            assert_eq!(entries(line), Vec::new(), "{line}");
        }
    }
}
