//! The key under which an agent's result is known: SHA-256 of its canonical specification. Where
//! the call stands in the script, its label and its limits of time are no part of it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::call::AgentCall;

/// The canonical form: JSON without blanks, keys sorted by UTF-16 code unit, whole numbers without
/// a fraction (RFC 8785).
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(&fields[key], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => {
            let whole = number.as_f64().filter(|n| number.is_f64() && n.fract() == 0.0);
            match whole.filter(|n| n.abs() < 1e15) {
                Some(n) => text.push_str(&format!("{n:.0}")),
                None => text.push_str(&number.to_string()),
            }
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// The key of a call whose defaults have been filled in. `command` is that of the agent `command`.
#[must_use]
pub fn key(call: &AgentCall, command: Option<&[String]>) -> String {
    let mut spec = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            spec.insert(name.to_owned(), value);
        }
    };
    put("v", json!(1));
    put("prompt", json!(call.prompt));
    put("schema", json!(call.schema));
    put("model", json!(call.model));
    put("effort", json!(call.effort));
    put("capabilities", json!(call.capabilities));
    put("max_tool_calls", json!(call.max_tool_calls));
    put("agent", json!(call.agent));
    put("agentType", json!(call.agent_type));
    put("role", json!(call.role_text()));
    put("isolation", json!(call.isolation));
    put("command", json!(command));
    if !call.attachments.is_empty() {
        let hashes = call.attachments.iter().map(|file| &file.sha256);
        put("attachments", json!(hashes.collect::<Vec<_>>()));
    }
    let hash = Sha256::digest(canonical(&Value::Object(spec)));
    hash.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(opts: Value) -> AgentCall {
        AgentCall::parse(&json!({ "prompt": "hello", "opts": opts })).unwrap().0
    }

    /// Case F26: the vector that README's readers can compute themselves.
    #[test]
    fn the_test_vector() {
        assert_eq!(canonical(&json!({"v": 1, "prompt": "hello"})), r#"{"prompt":"hello","v":1}"#);
        assert_eq!(
            key(&call(json!({})), None),
            "180402c445ac489607bd54feb73959f32e4d0c59051df6b697478aaafbdf8ec1"
        );
    }

    /// Cases F07, F09, F10.
    #[test]
    fn what_is_part_of_the_key_and_what_is_not() {
        let base = key(&call(json!({})), None);
        for same in [
            json!({"label": "a"}),
            json!({"phase": "p"}),
            json!({"timeout_ms": 1}),
            json!({"retries": 2}),
            json!({"cache": "off"}),
        ] {
            assert_eq!(key(&call(same.clone()), None), base, "{same}");
        }
        for other in [
            json!({"model": "m"}),
            json!({"capabilities": []}),
            json!({"max_tool_calls": 1}),
            json!({"isolation": "worktree"}),
            json!({"agent": "a"}),
        ] {
            assert_ne!(key(&call(other.clone()), None), base, "{other}");
        }
        let twice = |a: Value, b: Value| key(&call(a), None) == key(&call(b), None);
        assert!(twice(
            json!({"capabilities": ["edit", "read"]}),
            json!({"capabilities": ["read", "edit", "read"]})
        ));
        assert!(twice(
            json!({"schema": {"type": "object", "required": ["a"]}}),
            json!({"schema": {"required": ["a"], "type": "object"}}),
        ));
        assert_ne!(key(&call(json!({})), Some(&["x".to_owned()])), base);
    }

    #[test]
    fn numbers_and_keys_are_those_of_the_standard() {
        let value: Value =
            serde_json::from_str(r#"{"b":1.0,"a":[1e2,0.5],"\ue000":1,"\ud83d\ude00":2}"#).unwrap();
        assert_eq!(canonical(&value), "{\"a\":[100,0.5],\"b\":1,\"\u{1F600}\":2,\"\u{e000}\":1}");
    }
}
