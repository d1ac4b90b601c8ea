//! OpenCode. It tells of a tool when that has run; each step is one model call.

use serde_json::Value;

use super::reader::{Reader, text};
use super::said::{Said, Spent};
use crate::model::usage::Tokens;

pub(super) fn read(reader: &mut Reader, event: &Value) -> Vec<Said> {
    let part = &event["part"];
    match event["type"].as_str() {
        Some("step_start") => {
            reader.answer.clear();
            // The same with each step.
            text(event, "/sessionID").map(Said::Conversation).into_iter().collect()
        }
        Some("text") => {
            let words = text(part, "/text").unwrap_or_default();
            if !reader.answer.is_empty() {
                reader.answer.push('\n');
            }
            reader.answer.push_str(&words);
            vec![Said::Words(words)]
        }
        Some("tool_use") => tool(part).unwrap_or_default(),
        Some("step_finish") => spent(&part["tokens"]).into_iter().collect(),
        Some("error") => {
            let words = text(event, "/error/data/message").or_else(|| text(event, "/error/name"));
            vec![Said::Failed(words.unwrap_or_else(|| "it says no more than that".to_owned()))]
        }
        _ => Vec::new(),
    }
}

fn tool(part: &Value) -> Option<Vec<Said>> {
    let (tool, call_id) = (text(part, "/tool")?, text(part, "/callID")?);
    let state = &part["state"];
    let failed = state["status"] == "error";
    let error = failed.then(|| text(state, "/error").unwrap_or_else(|| "it failed".to_owned()));
    let time = |name: &str| state["time"][name].as_u64();
    let run_ms = time("end").zip(time("start")).map(|(end, start)| end.saturating_sub(start));
    Some(vec![
        Said::ToolStarted {
            tool: tool.clone(),
            call_id: call_id.clone(),
            parent: None,
            input: state["input"].clone(),
        },
        Said::ToolEnded { tool, call_id, output: state["output"].clone(), error, run_ms },
    ])
}

/// What the cache gave is beside the input.
fn spent(tokens: &Value) -> Option<Said> {
    let number = |path: &str| tokens.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let tokens = Tokens {
        input: number("/input"),
        cache_read: number("/cache/read"),
        cache_write: number("/cache/write"),
        output: number("/output") + number("/reasoning"),
        reasoning: number("/reasoning"),
    };
    (!tokens.is_zero()).then_some(Said::Spent(Spent { tokens, model: None, exact: true }))
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Reader};
    use super::*;

    #[test]
    fn a_turn_with_a_tool() {
        let mut reader = Reader::new(Output::Opencode.into());
        reader.begin_turn();
        let lines = include_str!("recorded/opencode.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        let Said::ToolStarted { tool, input, .. } = &all[1] else { panic!("{all:?}") };
        assert_eq!((tool.as_str(), &input["command"]), ("bash", &"echo hello-out".into()));
        let Said::ToolEnded { run_ms, error, .. } = &all[2] else { panic!("{all:?}") };
        assert_eq!((run_ms, error), (&Some(166), &None));
        let spent: Tokens = all
            .iter()
            .filter_map(|said| match said {
                Said::Spent(spent) => Some(spent.tokens),
                _ => None,
            })
            .fold(Tokens::default(), |sum, tokens| sum + tokens);
        assert_eq!((spent.input, spent.cache_read, spent.output), (600, 1000, 9));
        assert_eq!(reader.answer(), "finished");
    }

    #[test]
    fn an_error_has_failed() {
        let mut reader = Reader::new(Output::Opencode.into());
        let line = r#"{"type":"error","error":{"name":"APIError","data":{"message":"busy"}}}"#;
        assert_eq!(reader.line(line), [Said::Failed("busy".into())]);
    }
}
