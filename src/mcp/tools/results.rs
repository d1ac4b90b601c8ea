//! submit_result, report: what an agent says of its own work.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Deadline, Target};
use crate::config::write_private;
use crate::mcp::caller::Caller;
use crate::mcp::error::ToolError;
use crate::model::workflow::Schema;
use crate::wire::session::{Report, ReportAnswer};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Submit {
    /// All of it
    result: Value,
}

/// A one-shot run has a file for its result, and may have a schema; a session reports it.
pub(super) async fn submit(caller: Arc<Caller>, asked: Submit) -> Result<Value, ToolError> {
    let place = |name: &str| caller.environment.get(name).map(std::path::PathBuf::from);
    if let Some(file) = place("AO_RESULT_FILE") {
        return leave(&file, place("AO_SCHEMA_FILE").as_deref(), &asked.result);
    }
    let text = match asked.result {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let id = caller.session()?;
    let body = Report { state: "done".to_owned(), note: None, result: Some(text) };
    say(&caller, &id, &body).await?;
    Ok(json!({"accepted": true}))
}

/// Puts the result where its run looks for it, if it is as it should be.
fn leave(file: &Path, schema: Option<&Path>, result: &Value) -> Result<Value, ToolError> {
    if file.exists() {
        let text = "a result was accepted before, and it stays; next: end your turn";
        return Err(ToolError::usage(text));
    }
    let failed = |error: String| {
        ToolError::usage(format!("the result cannot be kept: {error}; next: say it as your answer"))
    };
    if let Some(schema) = schema.filter(|schema| schema.exists()) {
        let text = std::fs::read_to_string(schema).map_err(|error| failed(error.to_string()))?;
        let schema: Value =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let schema = Schema::compile(&schema).map_err(|error| failed(error.to_string()))?;
        let faults = schema.faults(result);
        if !faults.is_empty() {
            let list = faults.iter().enumerate().map(|(n, fault)| format!("{}. {fault}", n + 1));
            let list = list.collect::<Vec<_>>().join(" ");
            let text = format!("the result does not meet its schema: {list}; next: submit it anew");
            return Err(ToolError::usage(text));
        }
    }
    let text = result.to_string();
    write_private(file, text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    Ok(json!({"accepted": true}))
}

/// How a task stands.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum State {
    Done,
    NeedsInput,
    Stuck,
    Checkpoint,
    PrCreated,
}

impl State {
    fn wire(self) -> String {
        match self {
            Self::Done => "done",
            Self::NeedsInput => "needs_input",
            Self::Stuck => "stuck",
            Self::Checkpoint => "checkpoint",
            Self::PrCreated => "pr_created",
        }
        .to_owned()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    state: State,
    /// One or a few sentences
    #[serde(default)]
    note: Option<String>,
}

pub(super) async fn report(caller: Arc<Caller>, asked: Word) -> Result<Value, ToolError> {
    let id = caller.session()?;
    let body = Report { state: asked.state.wire(), note: asked.note, result: None };
    let answer = say(&caller, &id, &body).await?;
    let notice = answer.notice.as_ref();
    Ok(json!({
        "accepted": true,
        "tells": notice.filter(|notice| notice.dropped.is_none()).map(|notice| &notice.to),
        "dropped": notice.and_then(|notice| notice.dropped.as_ref()),
    }))
}

async fn say(caller: &Caller, id: &str, body: &Report) -> Result<ReportAnswer, ToolError> {
    let client = caller.client().await?;
    let target = Target::new(&["sessions", id, "report"]);
    Ok(client.post(&target, body, Deadline::Ordinary).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case H17.
    #[test]
    fn a_result_is_refused_with_a_list_then_accepted_once() {
        let dir = tempfile::tempdir().unwrap();
        let (file, schema) = (dir.path().join("result.json"), dir.path().join("schema.json"));
        let text = r#"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#;
        std::fs::write(&schema, text).unwrap();
        let error = leave(&file, Some(&schema), &json!({"n": "x"})).unwrap_err().to_string();
        assert!(error.contains("1. ") && error.contains("/n"), "{error}");
        assert_eq!(leave(&file, Some(&schema), &json!({"n": 1})).unwrap()["accepted"], true);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), r#"{"n":1}"#);
        assert!(leave(&file, Some(&schema), &json!({"n": 2})).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), r#"{"n":1}"#);
    }
}
