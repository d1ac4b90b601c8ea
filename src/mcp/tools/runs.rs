//! What the tools for flows and for workflows ask and tell alike.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Runs in a list.
const MOST: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    #[serde(default)]
    pub run_id: Option<String>,
}

/// The latest runs: id, name and state of each.
pub(super) fn list<'a>(runs: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> Value {
    let runs: Vec<Value> = runs
        .take(MOST)
        .map(|(run_id, name, state)| json!({"run_id": run_id, "name": name, "state": state}))
        .collect();
    json!({"runs": runs})
}
