//! Gemini CLI. Its words come in pieces; the result is those after the last tool.

use serde_json::Value;

use super::reader::{Reader, text};
use super::said::{Said, Spent};
use crate::model::usage::{Provider, read as tokens};

pub(super) fn read(reader: &mut Reader, event: &Value) -> Vec<Said> {
    match event["type"].as_str() {
        Some("init") => {
            reader.model = text(event, "/model");
            text(event, "/session_id").map(Said::Conversation).into_iter().collect()
        }
        Some("message") if event["role"] == "assistant" => {
            let words = text(event, "/content").unwrap_or_default();
            reader.answer.push_str(&words);
            vec![Said::Words(words)]
        }
        Some("tool_use") => {
            reader.answer.clear();
            let named = text(event, "/tool_name").zip(text(event, "/tool_id"));
            let Some((tool, call_id)) = named else { return Vec::new() };
            reader.open.insert(call_id.clone(), tool.clone());
            let input = event["parameters"].clone();
            vec![Said::ToolStarted { tool, call_id, parent: None, input }]
        }
        Some("tool_result") => ended(reader, event).into_iter().collect(),
        Some("result") => result(reader, event),
        _ => Vec::new(),
    }
}

fn ended(reader: &mut Reader, event: &Value) -> Option<Said> {
    let call_id = text(event, "/tool_id")?;
    let tool = reader.open.remove(&call_id)?;
    let failed = event["status"] == "error";
    let words = || text(event, "/error/message").or_else(|| text(event, "/output"));
    let error = failed.then(|| words().unwrap_or_else(|| "it failed".to_owned()));
    let output = event["output"].clone();
    Some(Said::ToolEnded { tool, call_id, output, error, run_ms: None })
}

fn result(reader: &mut Reader, event: &Value) -> Vec<Said> {
    let mut all = Vec::new();
    if let Some(tokens) = tokens(Provider::Gemini, &event["stats"]) {
        all.push(Said::Spent(Spent { tokens, model: reader.model.clone(), exact: false }));
    }
    if event["status"] == "error" {
        let words = text(event, "/error/message");
        all.push(Said::Failed(words.unwrap_or_else(|| "it says no more than that".to_owned())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Reader};
    use super::*;

    #[test]
    fn a_turn_with_a_tool() {
        let mut reader = Reader::new(Output::Gemini.into());
        reader.begin_turn();
        let lines = include_str!("recorded/gemini.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        assert!(matches!(&all[0], Said::Conversation(_)), "{all:?}");
        let Said::ToolStarted { tool, .. } = &all[1] else { panic!("{all:?}") };
        assert_eq!(tool, "run_shell_command");
        let Said::ToolEnded { tool, output, .. } = &all[2] else { panic!("{all:?}") };
        assert_eq!((tool.as_str(), output), ("run_shell_command", &"hello-out".into()));
        let Some(Said::Spent(spent)) = all.last() else { panic!("{all:?}") };
        let tokens = &spent.tokens;
        assert_eq!((tokens.input, tokens.cache_read, tokens.output), (600, 1000, 9));
        assert_eq!(reader.answer(), "finished");
    }

    #[test]
    fn an_error_has_failed() {
        let mut reader = Reader::new(Output::Gemini.into());
        let line = r#"{"type":"result","status":"error","error":{"message":"quota"}}"#;
        assert_eq!(reader.line(line), [Said::Failed("quota".into())]);
    }
}
