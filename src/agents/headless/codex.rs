//! Codex. Its tokens are those of the whole conversation so far, also after it went on with one.

use serde_json::{Value, json};

use super::reader::{Reader, text};
use super::said::{Said, Spent};
use crate::model::usage::{Provider, read as tokens};

pub(super) fn read(reader: &mut Reader, event: &Value) -> Vec<Said> {
    let said = match event["type"].as_str() {
        Some("thread.started") => text(event, "/thread_id").map(Said::Conversation),
        Some("item.started") => started(reader, &event["item"]),
        Some("item.completed") => return completed(reader, &event["item"]),
        Some("turn.completed") => spent(reader, &event["usage"]),
        Some("turn.failed") => {
            let words = text(event, "/error/message");
            Some(Said::Failed(words.unwrap_or_else(|| "it says no more than that".to_owned())))
        }
        // Also tells of what it tries again; what it gives up for is `turn.failed`.
        _ => None,
    };
    said.into_iter().collect()
}

/// Name, call and arguments of an item that is a tool. Its numbers begin anew with each turn.
fn tool(reader: &Reader, item: &Value) -> Option<(String, String, Value)> {
    let call_id = format!("{}-{}", reader.turn, text(item, "/id")?);
    let (tool, input) = match item["type"].as_str()? {
        "command_execution" => ("shell".to_owned(), json!({ "command": item["command"] })),
        "file_change" => ("file_change".to_owned(), json!({ "changes": item["changes"] })),
        "mcp_tool_call" => {
            let name = format!("{}.{}", text(item, "/server")?, text(item, "/tool")?);
            (name, item["arguments"].clone())
        }
        "web_search" => ("web_search".to_owned(), json!({ "query": item["query"] })),
        _ => return None,
    };
    Some((tool, call_id, input))
}

fn started(reader: &mut Reader, item: &Value) -> Option<Said> {
    let (tool, call_id, input) = tool(reader, item)?;
    reader.open.insert(call_id.clone(), tool.clone());
    Some(Said::ToolStarted { tool, call_id, parent: None, input })
}

fn completed(reader: &mut Reader, item: &Value) -> Vec<Said> {
    if item["type"] == "agent_message" {
        reader.answer = text(item, "/text").unwrap_or_default();
        return vec![Said::Words(reader.answer.clone())];
    }
    let Some((tool, call_id, _)) = tool(reader, item) else { return Vec::new() };
    let mut all = Vec::new();
    if !reader.open.contains_key(&call_id) {
        // Some tools are told of only at their end.
        all.extend(started(reader, item));
    }
    reader.open.remove(&call_id);
    let output = ["aggregated_output", "result"]
        .iter()
        .find_map(|name| item.get(name).filter(|value| !value.is_null()).cloned());
    let error = (item["status"] == "failed").then(|| match item["exit_code"].as_i64() {
        Some(code) => format!("exit code {code}"),
        None => text(item, "/error/message").unwrap_or_else(|| "it failed".to_owned()),
    });
    let output = output.unwrap_or(Value::Null);
    all.push(Said::ToolEnded { tool, call_id, output, error, run_ms: None });
    all
}

fn spent(reader: &mut Reader, usage: &Value) -> Option<Said> {
    let total = tokens(Provider::OpenAi, usage)?;
    let tokens = total.since(&reader.total);
    reader.total = total;
    Some(Said::Spent(Spent { tokens, model: reader.model.clone(), exact: false }))
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Reader};
    use super::*;

    #[test]
    fn two_turns_of_one_conversation() {
        let mut reader = Reader::new(Output::Codex.into());
        reader.begin_turn();
        let lines = include_str!("recorded/codex.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        assert!(matches!(&all[0], Said::Conversation(id) if id.len() == 36), "{all:?}");
        let Said::ToolStarted { tool, call_id, .. } = &all[1] else { panic!("{all:?}") };
        assert_eq!((tool.as_str(), call_id.as_str()), ("shell", "1-item_1"));
        let Said::ToolEnded { output, error, .. } = &all[2] else { panic!("{all:?}") };
        assert_eq!((output, error), (&json!("hello-out\n"), &None));
        let Said::Spent(spent) = &all[4] else { panic!("{all:?}") };
        assert_eq!((spent.tokens.input, spent.tokens.cache_read), (600, 1000));
        assert_eq!(reader.answer(), "finished");
        reader.begin_turn();
        let lines = include_str!("recorded/codex-resumed.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        let Some(Said::Spent(spent)) = all.last() else { panic!("{all:?}") };
        let tokens = &spent.tokens;
        assert_eq!((tokens.input, tokens.cache_read, tokens.output), (300, 2000, 1));
        assert_eq!(reader.answer(), "again");
    }

    #[test]
    fn what_it_gives_up_for_has_failed() {
        let mut reader = Reader::new(Output::Codex.into());
        let passing = json!({"type": "error", "message": "reconnecting"});
        assert_eq!(reader.line(&passing.to_string()), []);
        let failed = json!({"type": "turn.failed", "error": {"message": "no such model"}});
        assert_eq!(reader.line(&failed.to_string()), [Said::Failed("no such model".into())]);
    }
}
