//! Claude Code, and Qwen Code, which prints in its form. Tokens are taken from the result alone:
//! those beside a message are what was known when it began, and come again with each part of it.

use serde_json::Value;

use super::reader::{Reader, text};
use super::said::{Said, Spent};
use crate::model::usage::{Provider, read as tokens};

/// Their own tools for the result; no work of the agent's.
const RESULT_TOOLS: &[&str] = &["StructuredOutput", "structured_output"];

/// In the words of Qwen Code for a model that has answered in words only.
const NO_RESULT: &str = "instead of calling the structured_output tool";

pub(super) fn read(reader: &mut Reader, event: &Value) -> Vec<Said> {
    match event["type"].as_str() {
        Some("system") if event["subtype"] == "init" => {
            reader.model = text(event, "/model");
            text(event, "/session_id").map(Said::Conversation).into_iter().collect()
        }
        Some("assistant") => parts(event).filter_map(|part| said(reader, event, part)).collect(),
        Some("user") => parts(event).filter_map(|part| ended(reader, part)).collect(),
        Some("result") => result(reader, event),
        _ => Vec::new(),
    }
}

fn parts(event: &Value) -> impl Iterator<Item = &Value> {
    event.pointer("/message/content").and_then(Value::as_array).into_iter().flatten()
}

fn said(reader: &mut Reader, event: &Value, part: &Value) -> Option<Said> {
    match part["type"].as_str()? {
        "text" => text(part, "/text").map(Said::Words),
        "tool_use" => {
            let (tool, call_id) = (text(part, "/name")?, text(part, "/id")?);
            if RESULT_TOOLS.contains(&tool.as_str()) {
                return None;
            }
            reader.open.insert(call_id.clone(), tool.clone());
            let parent = text(event, "/parent_tool_use_id");
            Some(Said::ToolStarted { tool, call_id, parent, input: part["input"].clone() })
        }
        _ => None,
    }
}

fn ended(reader: &mut Reader, part: &Value) -> Option<Said> {
    let call_id = text(part, "/tool_use_id")?;
    let tool = reader.open.remove(&call_id)?;
    let output = part["content"].clone();
    let failed = part["is_error"] == true;
    let error = failed.then(|| output.as_str().map_or_else(|| output.to_string(), str::to_owned));
    Some(Said::ToolEnded { tool, call_id, output, error, run_ms: None })
}

fn result(reader: &mut Reader, event: &Value) -> Vec<Said> {
    let mut all = Vec::new();
    if let Some(tokens) = tokens(reader.provider(Provider::Anthropic), &event["usage"]) {
        all.push(Said::Spent(Spent { tokens, model: reader.model.clone(), exact: false }));
    }
    let denials = event["permission_denials"].as_array().into_iter().flatten();
    all.extend(denials.filter_map(|denial| text(denial, "/tool_name")).map(Said::Denied));
    reader.answer = text(event, "/result").unwrap_or_default();
    let structured = ["structured_output", "structured_result"].iter();
    reader.structured =
        structured.filter_map(|name| event.get(name)).find(|v| !v.is_null()).cloned();
    // A failure of the model's side says "success", and that it is an error.
    if event["is_error"] == true {
        let words = text(event, "/result").or_else(|| text(event, "/error/message"));
        reader.gave_up = event["subtype"] == "error_max_structured_output_retries"
            || words.as_ref().is_some_and(|words| words.contains(NO_RESULT));
        if !reader.gave_up {
            let words = words.or_else(|| text(event, "/subtype"));
            all.push(Said::Failed(words.unwrap_or_else(|| "it says no more than that".to_owned())));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Output, Reader};
    use super::*;

    fn reader() -> Reader {
        let mut reader = Reader::new(Output::Claude.into());
        reader.begin_turn();
        reader
    }

    #[test]
    fn a_turn_with_a_tool() {
        let mut reader = reader();
        let lines = include_str!("recorded/claude.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        let id = "11111111-2222-4333-8444-555555555555".to_owned();
        assert_eq!(all[0], Said::Conversation(id));
        let Said::ToolStarted { tool, input, call_id, .. } = &all[1] else { panic!("{all:?}") };
        assert_eq!((tool.as_str(), &input["command"]), ("Bash", &json!("echo hello-out")));
        let Said::ToolEnded { call_id: ended, output, error, .. } = &all[2] else { panic!() };
        assert_eq!((ended, output, error), (call_id, &json!("hello-out"), &None));
        assert_eq!(all[3], Said::Words("finished".into()));
        let Said::Spent(spent) = &all[4] else { panic!("{all:?}") };
        let tokens = &spent.tokens;
        assert_eq!((tokens.input, tokens.cache_read, tokens.cache_write), (200, 1000, 400));
        assert_eq!((tokens.output, spent.exact), (9, false), "not the start values of messages");
        assert_eq!((all.len(), reader.answer()), (5, "finished"));
    }

    #[test]
    fn a_success_that_is_an_error_has_failed() {
        let mut reader = reader();
        let line = json!({"type": "result", "subtype": "success", "is_error": true,
            "result": "API Error: 529 overloaded", "usage": {"input_tokens": 0}});
        let all = reader.line(&line.to_string());
        assert_eq!(all, [Said::Failed("API Error: 529 overloaded".into())]);
    }

    #[test]
    fn denials_are_told_and_end_nothing() {
        let mut reader = reader();
        let line = json!({"type": "result", "subtype": "success", "is_error": false,
            "result": "done", "permission_denials": [{"tool_name": "Bash"}]});
        assert_eq!(reader.line(&line.to_string()), [Said::Denied("Bash".into())]);
        assert_eq!(reader.answer(), "done");
    }

    #[test]
    fn a_result_in_the_asked_form_is_kept_apart() {
        let mut reader = reader();
        let call = json!({"type": "assistant", "message": {"content": [
            {"type": "tool_use", "id": "t", "name": "StructuredOutput", "input": {"n": 1}}]}});
        assert_eq!(reader.line(&call.to_string()), [], "it is no tool of the agent's");
        let line = json!({"type": "result", "is_error": false, "result": "",
            "structured_output": {"n": 1}});
        reader.line(&line.to_string());
        assert_eq!(reader.structured(), Some(&json!({"n": 1})));
        let gave_up = json!({"type": "result", "is_error": true,
            "subtype": "error_max_structured_output_retries"});
        reader.begin_turn();
        assert_eq!(reader.line(&gave_up.to_string()), [], "ao asks again itself");
        assert_eq!(reader.structured(), None);
    }

    fn qwen() -> Reader {
        let catalog = crate::agents::Catalog::built_in();
        let headless = catalog.get("qwen").unwrap().headless.as_ref().unwrap();
        let mut reader = Reader::new(headless.form());
        reader.begin_turn();
        reader
    }

    #[test]
    fn qwen_counts_what_the_cache_gave_within_its_input() {
        let mut reader = qwen();
        let lines = include_str!("recorded/qwen.jsonl");
        let all: Vec<Said> = lines.lines().flat_map(|line| reader.line(line)).collect();
        let [Said::Conversation(_), Said::ToolStarted { .. }, ended, words, Said::Spent(spent)] =
            &all[..]
        else {
            panic!("{all:?}")
        };
        assert!(matches!(ended, Said::ToolEnded { error: None, .. }), "{ended:?}");
        assert_eq!(words, &Said::Words("finished".into()));
        let tokens = &spent.tokens;
        assert_eq!((tokens.input, tokens.cache_read, tokens.output), (600, 1000, 9));
        assert_eq!(reader.answer(), "finished");
    }

    #[test]
    fn qwens_result_and_its_failures() {
        let line = json!({"type": "result", "subtype": "success", "is_error": false,
            "result": "{\"n\":4}", "structured_result": {"n": 4}});
        let mut reader = qwen();
        assert_eq!(reader.line(&line.to_string()), []);
        assert_eq!(reader.structured(), Some(&json!({"n": 4})));
        let failed = |words: &str| {
            json!({"type": "result", "subtype": "error_during_execution", "is_error": true,
                "error": {"message": words}})
        };
        let words = "[API Error: 400 broken]";
        assert_eq!(reader.line(&failed(words).to_string()), [Said::Failed(words.into())]);
        reader.begin_turn();
        let words = "Model produced plain text instead of calling the structured_output tool as \
                     required by --json-schema after 1 turn(s).";
        assert_eq!(reader.line(&failed(words).to_string()), [], "ao asks again itself");
        assert!(reader.gave_up());
    }
}
