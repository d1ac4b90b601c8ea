//! What is picked from a JSON value that an agent tells: a field by its path, and conditions on fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The field at a path: names with a dot between them. A name may have dots itself.
pub(in crate::agents) fn field<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| field(value.get(&path[..dot])?, &path[dot + 1..]))
}

/// What fields must be like: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(BTreeMap<String, Wanted>);

/// What one field must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Wanted {
    Bool(bool),
    /// This text; with a `*` at its end, any text that begins so.
    Text(String),
}

impl Conditions {
    /// Whether there are none.
    pub(in crate::agents) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them hold.
    pub(in crate::agents) fn hold(&self, value: &Value) -> bool {
        self.0.iter().all(|(path, wanted)| field(value, path).is_some_and(|it| wanted.is(it)))
    }
}

impl Wanted {
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool(wanted), Value::Bool(it)) => wanted == it,
            (Self::Text(wanted), Value::String(it)) => match wanted.strip_suffix('*') {
                Some(begin) => it.starts_with(begin),
                None => it == wanted,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_may_have_dots() {
        let value = json!({"a": {"b.c": {"d": 1}, "b": {"x": 2}}, "e.f": 3});
        assert_eq!(field(&value, "a.b.c.d"), Some(&json!(1)));
        assert_eq!(field(&value, "a.b.x"), Some(&json!(2)));
        assert_eq!(field(&value, "e.f"), Some(&json!(3)));
        for path in ["", "a.b.c.e", "e", "a..b", "."] {
            assert_eq!(field(&value, path), None, "{path}");
        }
    }

    #[test]
    fn all_conditions_must_hold() {
        let holds = |text: &str, value: Value| {
            let conditions: Conditions = toml::from_str(text).unwrap();
            conditions.hold(&value)
        };
        assert!(holds("kind = \"a\"\nok = true\n", json!({"kind": "a", "ok": true})));
        assert!(!holds("kind = \"a\"\nok = true\n", json!({"kind": "a", "ok": "true"})));
        assert!(holds("kind = \"a*\"\n", json!({"kind": "ab"})));
        assert!(!holds("kind = \"a*\"\n", json!({"kind": "ba"})));
        assert!(!holds("kind = \"*\"\n", json!({})), "one that is not there is like nothing");
        assert!(holds("", json!(null)));
    }
}
