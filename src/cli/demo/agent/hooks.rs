//! The neutral hooks, spoken as any program would: `ao hook any EVENT`, JSON in and out.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Tells of an event and returns the answer. A hook that fails says nothing, and never stops its
/// agent.
pub fn tell(event: &str, data: &Value) -> Value {
    let child = Command::new("ao")
        .args(["hook", "any", event])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return Value::Null };
    if let Some(mut input) = child.stdin.take() {
        // One that does not read its input answers nothing, either.
        let _ = input.write_all(data.to_string().as_bytes());
    }
    let output = child.wait_with_output().map(|output| output.stdout).unwrap_or_default();
    serde_json::from_slice(&output).unwrap_or(Value::Null)
}
