//! What a tool is about to do, in one text: what rules are compared with and people are shown.

use serde_json::Value;

/// Arguments that say it all, by their usual names.
const TELLING: &[&str] = &["command", "file_path", "path", "url", "query", "pattern"];

/// The argument that says it all; else all arguments as JSON.
#[must_use]
pub fn subject(input: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            words.map(|words| words.join(" "))
        }
        _ => None,
    };
    let found = TELLING.iter().find_map(|name| input.get(name).and_then(text));
    found.unwrap_or_else(|| if input.is_null() { String::new() } else { input.to_string() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_telling_argument_stands_for_all() {
        assert_eq!(subject(&json!({"description": "x", "command": "ls -l"})), "ls -l");
        assert_eq!(subject(&json!({"command": ["ls", "-l"]})), "ls -l");
        assert_eq!(subject(&json!({"file_path": "/a", "content": "x"})), "/a");
        assert_eq!(subject(&json!({"n": 1})), "{\"n\":1}");
        assert_eq!(subject(&Value::Null), "");
    }
}
