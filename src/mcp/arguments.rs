//! The schemas of the tools' arguments, in as few words as say it: every session pays for them.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ToolError;

/// The schema of `A`.
pub(super) fn schema<A: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<A>();
    let mut value = schema.to_value();
    shorten(&mut value, true);
    match value {
        Value::Object(mut object) => {
            object.entry("properties").or_insert_with(|| Value::Object(JsonObject::new()));
            object
        }
        _ => JsonObject::new(),
    }
}

/// Takes out what a model does not need: titles, defaults of nothing, widths of numbers, and the
/// `null` of what may be left out.
fn shorten(value: &mut Value, is_schema: bool) {
    let Value::Object(object) = value else { return };
    if is_schema {
        for name in ["$schema", "title", "format", "additionalProperties"] {
            object.remove(name);
        }
        if object.get("default").is_some_and(is_nothing) {
            object.remove("default");
        }
        if object.get("minimum") == Some(&Value::from(0)) {
            object.remove("minimum");
        }
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(words)) = object.get_mut("enum") {
            words.retain(|word| !word.is_null());
        }
    }
    for (name, inner) in object.iter_mut() {
        match inner {
            Value::Array(all) => all.iter_mut().for_each(|one| shorten(one, is_schema)),
            // The names in `properties` are the tool's own, whatever they are.
            one => shorten(one, !(is_schema && name == "properties")),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(all) => all.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The arguments of a call; the error names the field that is wrong.
pub(super) fn parse<A: DeserializeOwned>(
    tool: &str,
    arguments: Option<JsonObject>,
) -> Result<A, ToolError> {
    let mut object = arguments.unwrap_or_default();
    // What may be left out may be null.
    object.retain(|_, value| !value.is_null());
    let fields = object.clone();
    serde_json::from_value(Value::Object(object)).map_err(|error| {
        let field = culprit::<A>(&fields);
        let place = field.map_or_else(String::new, |name| format!("{name}: "));
        ToolError::usage(format!(
            "{place}{error}; next: call {tool} with arguments as in its schema"
        ))
    })
}

/// The first field without which the error is another one.
fn culprit<A: DeserializeOwned>(fields: &JsonObject) -> Option<String> {
    let message = |object: &JsonObject| {
        let parsed = serde_json::from_value::<A>(Value::Object(object.clone()));
        parsed.err().map(|error| error.to_string())
    };
    let now = message(fields)?;
    let names = fields.keys().find(|name| {
        let mut without = fields.clone();
        without.remove(name.as_str());
        message(&without).is_none_or(|other| other != now)
    });
    names.filter(|name| !now.contains(name.as_str())).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // Only their names and types matter.
    struct Asked {
        /// What to do
        prompt: String,
        #[serde(default)]
        limit: Option<u32>,
        #[serde(default)]
        title: Option<String>,
    }

    #[test]
    fn a_schema_has_no_word_too_many() {
        let expected = json!({
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "What to do"},
                "limit": {"type": "integer"},
                "title": {"type": "string"},
            },
            "required": ["prompt"],
        });
        assert_eq!(Value::Object(schema::<Asked>()), expected);
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (arguments, field) in [
            (json!({"prompt": 1}), "prompt"),
            (json!({}), "prompt"),
            (json!({"prompt": "x", "limit": "many"}), "limit"),
            (json!({"prompt": "x", "limits": 1}), "limits"),
        ] {
            let Value::Object(object) = arguments else { unreachable!("they are objects") };
            let error = parse::<Asked>("t", Some(object)).unwrap_err().to_string();
            assert!(error.contains(field) && error.contains("next: "), "{error}");
        }
        let Value::Object(object) = json!({"prompt": "x", "limit": null}) else { unreachable!() };
        assert_eq!(parse::<Asked>("t", Some(object)).unwrap().limit, None);
    }
}
