//! What the lines of an agent's output mean, as data of its manifest: each is a JSON object, and
//! says what the rules that fit it say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reader::Reader;
use super::said::{Said, Spent};
use crate::agents::manifest::{CacheCount, Conditions, field};

/// What a line means that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRule {
    /// What it says.
    is: Says,
    /// Only when these fields of the line have these values.
    #[serde(default)]
    when: Conditions,
    /// Not when these have these.
    #[serde(default)]
    unless: Conditions,
    /// Where what the cache gave is counted.
    #[serde(default)]
    cache: CacheCount,
    /// What is said: for each name the field of the line that it is taken from. Fields within fields
    /// have a dot between them.
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Says {
    /// The conversation goes on by `id`.
    Conversation,
    /// It begins its work, perhaps once more: what has failed before does not count.
    Attempt,
    /// The model has said `text`: a text, or parts with texts.
    Words,
    /// A tool begins.
    ToolStarted,
    /// A tool call has gone well.
    ToolEnded,
    /// A tool call has failed.
    ToolFailed,
    /// A tool call was not allowed.
    ToolDenied,
    /// A model was asked, and has answered.
    ModelCall,
    /// The model's side has failed, with the words `error`.
    Failed,
}

/// What a line says by all of the rules, in their order.
pub(super) fn read(reader: &mut Reader, line: &Value) -> Vec<Said> {
    // Taken out, for what they say changes the reader.
    let rules = reader.take_rules();
    let said = rules.iter().flat_map(|rule| rule.read(reader, line)).collect();
    reader.put_back(rules);
    said
}

impl OutputRule {
    /// Whether it tells of tools that begin.
    pub(super) fn tells_of_begins(&self) -> bool {
        self.is == Says::ToolStarted
    }

    fn read(&self, reader: &mut Reader, line: &Value) -> Vec<Said> {
        let is_meant = self.when.hold(line) && (self.unless.is_empty() || !self.unless.hold(line));
        if !is_meant {
            return Vec::new();
        }
        let said = match self.is {
            Says::Conversation => self.text(line, "id").map(Said::Conversation),
            Says::Attempt => Some(Said::Attempt),
            Says::Words => self.text(line, "text").map(|text| {
                reader.answer.clone_from(&text);
                Said::Words(text)
            }),
            Says::ToolStarted => self.tool_started(reader, line),
            Says::ModelCall => self.model_call(line),
            Says::Failed => {
                let words = self.text(line, "error");
                Some(Said::Failed(words.unwrap_or_else(|| "it says no more than that".to_owned())))
            }
            Says::ToolEnded | Says::ToolFailed | Says::ToolDenied => {
                return self.tool_ended(reader, line).unwrap_or_default();
            }
        };
        said.into_iter().collect()
    }

    fn tool_started(&self, reader: &mut Reader, line: &Value) -> Option<Said> {
        let (tool, call_id) = (self.text(line, "tool")?, self.text(line, "call_id")?);
        reader.open.insert(call_id.clone(), tool.clone());
        let input = self.value(line, "input").cloned().unwrap_or_default();
        Some(Said::ToolStarted { tool, call_id, parent: self.text(line, "parent"), input })
    }

    fn tool_ended(&self, reader: &mut Reader, line: &Value) -> Option<Vec<Said>> {
        let call_id = self.text(line, "call_id")?;
        let tool = reader.open.remove(&call_id)?;
        let failed = self.is != Says::ToolEnded;
        let error =
            failed.then(|| self.text(line, "error").unwrap_or_else(|| "it failed".to_owned()));
        let output = self.value(line, "output");
        let output = output.map(|it| words(it).map_or_else(|| it.clone(), Value::from));
        let denied = (self.is == Says::ToolDenied).then(|| Said::Denied(tool.clone()));
        let output = output.unwrap_or_default();
        let ended = Said::ToolEnded { tool, call_id, output, error, run_ms: None };
        Some(std::iter::once(ended).chain(denied).collect())
    }

    fn model_call(&self, line: &Value) -> Option<Said> {
        let tokens = self.cache.tokens(|name| self.value(line, name))?;
        Some(Said::Spent(Spent { tokens, model: self.text(line, "model"), exact: true }))
    }

    fn value<'a>(&self, line: &'a Value, name: &str) -> Option<&'a Value> {
        field(line, self.fields.get(name)?).filter(|value| !value.is_null())
    }

    /// A text that says something.
    fn text(&self, line: &Value, name: &str) -> Option<String> {
        words(self.value(line, name)?).filter(|text| !text.is_empty())
    }

    /// The mistake in it, if there is one.
    pub(in crate::agents) fn mistake(&self) -> Option<String> {
        let (needed, others): (&[&str], &[&str]) = match self.is {
            Says::Conversation => (&["id"], &[]),
            Says::Attempt => (&[], &[]),
            Says::Words => (&["text"], &[]),
            Says::ToolStarted => (&["tool", "call_id"], &["input", "parent"]),
            Says::ToolEnded => (&["call_id"], &["output"]),
            Says::ToolFailed | Says::ToolDenied => (&["call_id"], &["output", "error"]),
            Says::ModelCall => {
                (&["input", "output"], &["model", "cache_read", "cache_write", "reasoning"])
            }
            Says::Failed => (&[], &["error"]),
        };
        let is = serde_json::to_value(self.is).unwrap_or_default();
        if let Some(missing) = needed.iter().find(|name| !self.fields.contains_key(**name)) {
            return Some(format!("{is} needs the field {missing:?}"));
        }
        let mut names = self.fields.keys().map(String::as_str);
        let unknown = names.find(|name| !needed.contains(name) && !others.contains(name))?;
        Some(format!("{is} has no field {unknown:?}"))
    }
}

/// A text, or the texts of parts among which are such.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Form, Output};
    use super::*;
    use crate::agents::Catalog;

    /// A reader of a built-in agent in its first turn.
    fn reader(agent: &str) -> Reader {
        let catalog = Catalog::built_in();
        let headless = catalog.get(agent).unwrap().headless.as_ref().unwrap();
        let mut reader = Reader::new(headless.form());
        reader.begin_turn();
        reader
    }

    fn all(reader: &mut Reader, lines: &str) -> Vec<Said> {
        lines.lines().flat_map(|line| reader.line(line)).collect()
    }

    /// Conversation, the tool's begin and end, words and tokens, in any order.
    fn has_a_turn_with_a_tool(said: &[Said], reader: &Reader) {
        let tools: Vec<&Said> = said
            .iter()
            .filter(|it| matches!(it, Said::ToolStarted { .. } | Said::ToolEnded { .. }))
            .collect();
        let [
            Said::ToolStarted { tool, input, call_id, .. },
            Said::ToolEnded { call_id: ended, output, error, .. },
        ] = &tools[..]
        else {
            panic!("{said:?}")
        };
        assert_eq!((tool.as_str(), &input["command"]), ("bash", &json!("echo hello-out")));
        assert_eq!((ended, error), (call_id, &None));
        assert!(output.as_str().unwrap().starts_with("hello-out"), "{output}");
        let costs: Vec<_> = said
            .iter()
            .filter_map(|it| match it {
                Said::Spent(spent) => Some((spent.model.as_deref(), spent.tokens)),
                _ => None,
            })
            .map(|(model, it)| (model, it.input, it.cache_read, it.output))
            .collect();
        let model = Some("mock-model");
        let [(_, _, _, first), _] = costs[..] else { panic!("{costs:?}") };
        assert_eq!(costs, [(model, 300, 0, first), (model, 300, 1000, 1)]);
        assert!(said.contains(&Said::Words("finished".into())), "{said:?}");
        assert_eq!(reader.answer(), "finished");
        assert!(said.iter().any(|it| matches!(it, Said::Conversation(_))), "{said:?}");
        assert!(!said.iter().any(|it| matches!(it, Said::Failed(_))), "{said:?}");
    }

    #[test]
    fn pi_is_read_by_its_manifest() {
        let mut reader = reader("pi");
        let said = all(&mut reader, include_str!("recorded/pi.jsonl"));
        has_a_turn_with_a_tool(&said, &reader);
        assert!(reader.waits_for_words());
    }

    #[test]
    fn copilot_is_read_by_its_manifest() {
        let mut reader = reader("copilot");
        let mut said = all(&mut reader, include_str!("recorded/copilot.jsonl"));
        said.extend(all(&mut reader, include_str!("recorded/copilot-record.jsonl")));
        has_a_turn_with_a_tool(&said, &reader);
    }

    #[test]
    fn a_call_that_was_not_allowed_has_failed_and_is_told() {
        let mut reader = reader("copilot");
        let said = all(
            &mut reader,
            r#"{"type":"tool.execution_start","data":{"toolCallId":"c","toolName":"bash"}}
               {"type":"tool.execution_complete","data":{"toolCallId":"c","success":false,"error":{"message":"no","code":"denied"}}}"#,
        );
        let [_, Said::ToolEnded { error, .. }, Said::Denied(tool)] = &said[..] else {
            panic!("{said:?}")
        };
        assert_eq!((error.as_deref(), tool.as_str()), (Some("no"), "bash"));
    }

    #[test]
    fn an_attempt_follows_a_failure() {
        let failed = r#"{"type":"message_end","message":{"role":"assistant","content":[],"stopReason":"error","errorMessage":"500 broken","usage":{"input":0,"output":0}}}"#;
        let said = all(&mut reader("pi"), &format!("{failed}\n{{\"type\":\"agent_start\"}}"));
        assert_eq!(said, [Said::Failed("500 broken".into()), Said::Attempt]);
    }

    #[test]
    fn a_subagents_words_are_not_the_result() {
        let mut reader = reader("copilot");
        let line = r#"{"type":"assistant.message","agentId":"a","data":{"content":"found it"}}"#;
        assert_eq!(reader.line(line), []);
        assert_eq!(reader.answer(), "");
    }

    #[test]
    fn the_cache_is_counted_where_it_is_said_to_be() {
        let spent = |cache: &str| {
            let rule: OutputRule = toml::from_str(&format!(
                "is = \"model-call\"\ninput = \"in\"\noutput = \"out\"\ncache_read = \"c\"\n{cache}"
            ))
            .unwrap();
            let form = Form { output: Output::Lines, rules: vec![rule], ..Form::default() };
            let said = Reader::new(form).line(r#"{"in": 100, "out": 5, "c": 80}"#);
            let [Said::Spent(spent)] = &said[..] else { panic!("{said:?}") };
            (spent.tokens.input, spent.tokens.cache_read)
        };
        assert_eq!(spent(""), (20, 80));
        assert_eq!(spent("cache = \"beside-input\"\n"), (100, 80));
    }

    #[test]
    fn mistakes_are_named() {
        let mistake = |text: &str| toml::from_str::<OutputRule>(text).unwrap().mistake();
        let missing = mistake("is = \"words\"\n");
        assert_eq!(missing.as_deref(), Some("\"words\" needs the field \"text\""));
        let odd = mistake("is = \"tool-ended\"\ncall_id = \"id\"\nwords = \"w\"\n");
        assert_eq!(odd.as_deref(), Some("\"tool-ended\" has no field \"words\""));
        assert_eq!(mistake("is = \"attempt\"\n"), None);
    }
}
