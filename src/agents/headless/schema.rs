//! The schema of a result as agents take it. What comes back is checked by ao against the schema as
//! it was given, whatever an agent did with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which schemas an agent takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// Any.
    Any,
    /// Only those whose objects name all their fields, require each and allow no other.
    Strict,
}

/// The schema in the form for an agent; nothing if it would be refused. Without `format`: a value
/// of it was seen to make an agent ignore the whole schema.
#[must_use]
pub fn for_agent(schema: &Value, takes: Takes) -> Option<Value> {
    let mut schema = schema.clone();
    strip_format(&mut schema, false);
    (takes == Takes::Any || is_strict(&schema)).then_some(schema)
}

/// `named` is set inside `properties`, where `format` is a field's name.
fn strip_format(schema: &mut Value, named: bool) {
    match schema {
        Value::Object(fields) => {
            if !named && fields.get("format").is_some_and(Value::is_string) {
                fields.remove("format");
            }
            for (name, value) in fields {
                let of_names = ["properties", "$defs", "definitions"].contains(&name.as_str());
                if !["const", "enum", "default", "examples"].contains(&name.as_str()) {
                    strip_format(value, of_names && !named);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip_format(item, false)),
        _ => {}
    }
}

fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let is_object = fields.get("type").is_some_and(|kind| kind == "object");
            let own = match fields.get("properties").and_then(Value::as_object) {
                _ if fields.contains_key("oneOf") || fields.contains_key("allOf") => false,
                Some(properties) if is_object => {
                    let required = fields.get("required").and_then(Value::as_array);
                    let is_required = |name: &String| {
                        required.is_some_and(|all| all.iter().any(|one| one == name.as_str()))
                    };
                    let closed = fields.get("additionalProperties") == Some(&Value::Bool(false));
                    closed && properties.keys().all(is_required)
                }
                None if is_object => false,
                _ => true,
            };
            own && fields.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_format_is_left_out_and_a_field_of_that_name_is_not() {
        let schema = json!({"type": "object", "properties": {
            "format": {"type": "string", "format": "uri"}, "n": {"type": "integer"}}});
        let stripped = for_agent(&schema, Takes::Any).unwrap();
        let expected = json!({"type": "object", "properties": {
            "format": {"type": "string"}, "n": {"type": "integer"}}});
        assert_eq!(stripped, expected);
    }

    #[test]
    fn only_a_closed_schema_is_strict() {
        let strict = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "required": ["n"], "additionalProperties": false});
        assert!(for_agent(&strict, Takes::Strict).is_some());
        for (field, value) in [("required", json!([])), ("additionalProperties", json!(true))] {
            let mut open = strict.clone();
            open[field] = value;
            assert_eq!(for_agent(&open, Takes::Strict), None, "{open}");
            let nested = json!({"type": "object", "properties": {"deep": open},
                "required": ["deep"], "additionalProperties": false});
            assert_eq!(for_agent(&nested, Takes::Strict), None, "{nested}");
        }
        assert_eq!(for_agent(&json!({"type": "object"}), Takes::Strict), None);
    }
}
