//! GitHub Copilot CLI's record of a session: an event a line, among them the begin and the end of
//! each tool and what each call of a model cost.

use serde_json::{Value, json};

use crate::agents::record::{Entry, ModelReport, ToolReport, moment};
use crate::model::trace::Outcome;
use crate::model::usage::{Provider, read};

/// What a line says; a line that is not understood says nothing.
#[must_use]
pub fn entries(line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let (data, at) = (&line["data"], moment(line.get("timestamp")));
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    let entry = match line["type"].as_str() {
        Some("tool.execution_start") => text("toolCallId").map(|call_id| {
            Entry::Tool(Box::new(ToolReport {
                call_id,
                tool: text("toolName"),
                input: data.get("arguments").cloned(),
                started_at: at,
                ..ToolReport::default()
            }))
        }),
        Some("tool.execution_complete") => text("toolCallId").map(|call_id| {
            let failed = data["success"] == false;
            let error = data["error"]["message"].as_str().filter(|_| failed);
            Entry::Tool(Box::new(ToolReport {
                call_id,
                output: data["result"].get("content").cloned(),
                finished_at: at,
                error: error.map(str::to_owned),
                outcome: Some(if failed { Outcome::Error } else { Outcome::Ok }),
                ..ToolReport::default()
            }))
        }),
        // A call that was refused has no other end.
        Some("permission.completed") if !is_approved(data) => text("toolCallId").map(|call_id| {
            Entry::Tool(Box::new(ToolReport {
                call_id,
                finished_at: at,
                outcome: Some(Outcome::Denied),
                ..ToolReport::default()
            }))
        }),
        Some("session.usage_record") => usage(&line, &data["usage"]),
        _ => None,
    };
    entry.into_iter().collect()
}

fn is_approved(data: &Value) -> bool {
    data["result"]["kind"].as_str().is_some_and(|kind| kind.starts_with("approved"))
}

/// The cache is within the input.
fn usage(line: &Value, usage: &Value) -> Option<Entry> {
    let tokens = json!({
        "input_tokens": usage["inputTokens"],
        "output_tokens": usage["outputTokens"],
        "cached_input_tokens": usage["cacheReadTokens"],
        "cache_write_input_tokens": usage["cacheWriteTokens"],
        "reasoning_output_tokens": usage["reasoningTokens"],
    });
    Some(Entry::Model(ModelReport {
        message: line["id"].as_str()?.to_owned(),
        chain: None,
        model: usage["model"].as_str().unwrap_or_default().to_owned(),
        at: moment(line.get("timestamp")),
        tokens: read(Provider::OpenAi, &tokens)?,
        exact: true,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of GitHub Copilot CLI 1.0.102.
    const RECORDED: &str = include_str!("recorded/events.jsonl");

    #[test]
    fn calls_of_models_and_of_tools_are_read() {
        let entries: Vec<Entry> = RECORDED.lines().flat_map(entries).collect();
        let mut costs = Vec::new();
        let mut tools = Vec::new();
        for entry in &entries {
            match entry {
                Entry::Model(report) => {
                    assert_eq!(report.model, "mock-model");
                    let tokens = &report.tokens;
                    costs.push((tokens.input, tokens.cache_read, tokens.output));
                }
                Entry::Tool(report) => tools.push(&**report),
                _ => panic!("{entry:?}"),
            }
        }
        assert_eq!(costs, [(300, 0, 10), (300, 1000, 1)]);
        let [begun, ended, _, refused] = tools.as_slice() else { panic!("{tools:?}") };
        assert_eq!(begun.call_id, ended.call_id);
        assert_eq!(begun.tool.as_deref(), Some("bash"));
        assert_eq!(begun.input.as_ref().unwrap()["command"], "touch asked");
        assert_eq!(ended.outcome, Some(Outcome::Ok));
        assert!(begun.started_at < ended.finished_at);
        assert_eq!(refused.outcome, Some(Outcome::Denied), "{refused:?}");
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for line in ["", "{", "[]", "{\"type\":\"session.usage_record\"}"] {
            assert_eq!(entries(line), Vec::new(), "{line}");
        }
    }
}
