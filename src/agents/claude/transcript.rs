//! Claude Code's transcript: a JSON object a line. A message that has several parts is several
//! lines, each with the message's id and its whole usage. A subagent has a file of its own beside
//! the session's.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::agents::record::{Entry, ModelReport, ToolReport, moment};
use crate::model::trace::Outcome;
use crate::model::usage::{Provider, read};

/// What it says of a tool that somebody did not let run.
const REFUSED: &str = "The user doesn't want to proceed with this tool use";

/// Longest error text that is taken over, in characters.
const MAX_ERROR: usize = 2000;

/// What a line says; a line that is not understood says nothing.
#[must_use]
pub fn entries(line: &str) -> Vec<Entry> {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return Vec::new() };
    let mut entries = Vec::new();
    if let Some(turn) = line["promptId"].as_str() {
        entries.push(Entry::Turn(turn.to_owned()));
    }
    match line["type"].as_str() {
        Some("assistant") => assistant(&line, &mut entries),
        Some("user") => user(&line, &mut entries),
        _ => {}
    }
    entries
}

/// Where a subagent's transcript lies, from the session's.
#[must_use]
pub fn of_subagent(session: &Path, agent: &str) -> Option<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if agent.is_empty() || !agent.chars().all(plain) {
        return None;
    }
    Some(session.with_extension("").join("subagents").join(format!("agent-{agent}.jsonl")))
}

/// The conversation that a transcript belongs to, from its path: the session's, also for that of a
/// subagent.
#[must_use]
pub fn conversation_of(transcript: &Path) -> Option<String> {
    let folder = transcript.parent()?;
    let owner = if folder.ends_with("subagents") { folder.parent()? } else { transcript };
    let stem = if owner == transcript { owner.file_stem()? } else { owner.file_name()? };
    stem.to_str().map(str::to_owned)
}

/// Also of the stream of a headless run, whose lines have the same form.
pub(super) fn assistant(line: &Value, entries: &mut Vec<Entry>) {
    let message = &line["message"];
    // What it writes in a model's name itself was asked of nobody.
    let model = message["model"].as_str().filter(|model| !model.starts_with('<'));
    let id = message["id"].as_str();
    let at = moment(line.get("timestamp"));
    for part in message["content"].as_array().into_iter().flatten() {
        if part["type"] == "tool_use"
            && let Some(call_id) = part["id"].as_str()
        {
            entries.push(Entry::Tool(Box::new(ToolReport {
                call_id: call_id.to_owned(),
                tool: part["name"].as_str().map(str::to_owned),
                chain: chain(line),
                parent: parent(line),
                message: id.map(str::to_owned),
                input: part.get("input").cloned(),
                started_at: at,
                ..ToolReport::default()
            })));
        }
    }
    if let (Some(id), Some(model), Some(tokens)) =
        (id, model, read(Provider::Anthropic, &message["usage"]))
    {
        entries.push(Entry::Model(ModelReport {
            message: id.to_owned(),
            chain: chain(line),
            model: model.to_owned(),
            at,
            tokens,
            exact: true,
        }));
    }
}

/// Results of tools come back in the user's name.
pub(super) fn user(line: &Value, entries: &mut Vec<Entry>) {
    let result = line.get("toolUseResult").or_else(|| line.get("tool_use_result"));
    for part in line["message"]["content"].as_array().into_iter().flatten() {
        let Some(call_id) = part["tool_use_id"].as_str() else { continue };
        let text = plain(&part["content"]);
        let failed = part["is_error"] == true;
        let outcome = match failed {
            true if text.starts_with(REFUSED) => Outcome::Denied,
            true => Outcome::Error,
            false => Outcome::Ok,
        };
        let whole = result.filter(|result| result.is_object() && !failed);
        entries.push(Entry::Tool(Box::new(ToolReport {
            call_id: call_id.to_owned(),
            chain: chain(line),
            parent: parent(line),
            output: Some(whole.cloned().unwrap_or_else(|| part["content"].clone())),
            finished_at: moment(line.get("timestamp")),
            error: failed.then(|| text.chars().take(MAX_ERROR).collect()),
            outcome: Some(outcome),
            ..ToolReport::default()
        })));
        if let Some(chain) = result.and_then(|result| result["agentId"].as_str()) {
            let (chain, call_id) = (chain.to_owned(), call_id.to_owned());
            entries.push(Entry::Chain { chain, call_id });
        }
    }
}

/// In a transcript a subagent has an id, in a stream it goes by the call that started it.
fn chain(line: &Value) -> Option<String> {
    let id = line["agentId"].as_str().or_else(|| line["parent_tool_use_id"].as_str());
    id.map(str::to_owned)
}

fn parent(line: &Value) -> Option<String> {
    line["parent_tool_use_id"].as_str().map(str::to_owned)
}

/// The text of a result: a string, or parts of which some are text.
fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::Call;
    use crate::model::usage::Tokens;

    /// As Claude Code 2.1.197 wrote them, without what it lists of skills and tools.
    const TOOLS: &str = include_str!("recorded/tools.jsonl");
    const SUBAGENT: &str = include_str!("recorded/subagent.jsonl");
    const PARENT: &str = include_str!("recorded/parent.jsonl");

    fn all(text: &str) -> Vec<Entry> {
        text.lines().flat_map(entries).collect()
    }

    fn tools(entries: &[Entry]) -> Vec<ToolReport> {
        let tool = |entry: &Entry| match entry {
            Entry::Tool(report) => Some((**report).clone()),
            _ => None,
        };
        entries.iter().filter_map(tool).collect()
    }

    /// Tokens of all messages, each counted once by its id.
    fn total(entries: &[Entry]) -> Tokens {
        let mut seen = std::collections::BTreeMap::<&str, Tokens>::new();
        for entry in entries {
            if let Entry::Model(report) = entry {
                let known = seen.entry(&report.message).or_default();
                *known = known.or_later(&report.tokens);
            }
        }
        seen.values().fold(Tokens::default(), |sum, one| sum + *one)
    }

    #[test]
    fn three_calls_with_their_ends() {
        let entries = all(TOOLS);
        let reports = tools(&entries);
        assert_eq!(reports.len(), 6);
        let begun: Vec<_> = reports.iter().filter_map(|r| r.tool.as_deref()).collect();
        assert_eq!(begun, ["Bash", "Bash", "Read"]);
        let outcomes: Vec<_> = reports.iter().filter_map(|r| r.outcome).collect();
        assert_eq!(outcomes, [Outcome::Ok, Outcome::Error, Outcome::Error]);
        assert_eq!(reports[3].error.as_deref(), Some("Exit code 1"));
        assert_eq!(reports[1].output.as_ref().unwrap()["stdout"], "hello");
        assert!(reports[0].started_at < reports[1].finished_at);
        assert!(matches!(&entries[0], Entry::Turn(turn) if turn.starts_with("e3d082dd")));
    }

    /// What the model's server counted for the same conversation.
    #[test]
    fn usage_is_what_the_server_counted() {
        let tokens = total(&all(TOOLS));
        let expected =
            Tokens { input: 40, cache_read: 32_942, cache_write: 200, output: 25, reasoning: 0 };
        assert_eq!(tokens, expected);
        let twice = format!("{TOOLS}{TOOLS}");
        assert_eq!(total(&all(&twice)), expected, "repeated lines are counted once");
    }

    #[test]
    fn a_subagent_is_a_chain_of_its_own_and_its_parent_is_told() {
        let reports = tools(&all(SUBAGENT));
        assert!(reports.iter().all(|report| report.chain.as_deref() == Some("a3ae9cd2c93106afd")));
        let told = all(PARENT);
        let chain =
            Entry::Chain { chain: "a3ae9cd2c93106afd".into(), call_id: "toolu_00000012".into() };
        assert!(told.contains(&chain));
        assert!(tools(&told).iter().all(|report| report.chain.is_none()));
        assert_eq!(total(&all(SUBAGENT)).cache_read, 1812 + 2250);
        let path = of_subagent(Path::new("/c/projects/-w/31a5.jsonl"), "a3ae").unwrap();
        assert_eq!(path, Path::new("/c/projects/-w/31a5/subagents/agent-a3ae.jsonl"));
        assert_eq!(of_subagent(Path::new("/c/x.jsonl"), "../../etc"), None);
        assert_eq!(conversation_of(&path).as_deref(), Some("31a5"));
        assert_eq!(conversation_of(Path::new("/c/31a5.jsonl")).as_deref(), Some("31a5"));
    }

    #[test]
    fn what_nobody_was_asked_is_not_counted() {
        let line = r#"{"type":"assistant","message":{"id":"m","model":"<synthetic>","content":[],
            "usage":{"input_tokens":0,"output_tokens":0}}}"#;
        assert_eq!(entries(&line.replace('\n', "")), []);
        for odd in ["", "{", "[]", "null", "{\"type\":\"assistant\"}", "{\"type\":\"user\"}"] {
            assert_eq!(entries(odd), [], "{odd}");
        }
    }

    #[test]
    fn a_refused_call_was_denied() {
        let line = serde_json::json!({"type": "user", "message": {"content": [{
            "type": "tool_result", "tool_use_id": "t", "is_error": true,
            "content": format!("{REFUSED}. The tool use was rejected.")}]}});
        let reports = tools(&entries(&line.to_string()));
        assert_eq!(reports[0].outcome, Some(Outcome::Denied));
        assert_eq!(Call::default().outcome, Outcome::Running);
    }
}
