//! The JSON Schema of a result: compiled once, checked for contradictions that would cost an agent
//! before they show, and its verdicts as numbered lines that an agent can act on.

use serde_json::Value;

/// Most faults that are told at once.
const MAX_FAULTS: usize = 20;

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It is no object.
    #[error("it must be an object")]
    NoObject,
    /// It does not compile.
    #[error("{0}")]
    Invalid(String),
    /// Its root does not allow an object.
    #[error("its root must allow an object, results are objects")]
    Root,
    /// It asks for what it forbids.
    #[error("{0:?} is required, but additionalProperties forbids it")]
    Contradiction(String),
}

/// A compiled schema.
pub struct Schema {
    validator: jsonschema::Validator,
}

impl Schema {
    /// Compiles it. References to other files and places are not followed.
    ///
    /// # Errors
    /// When no result could ever meet it.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let Some(fields) = schema.as_object() else { return Err(SchemaError::NoObject) };
        let allows_object = match fields.get("type") {
            None => true,
            Some(Value::String(name)) => name == "object" || !is_type(name),
            Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
            Some(_) => true,
        };
        if !allows_object {
            return Err(SchemaError::Root);
        }
        let validator = jsonschema::validator_for(schema)
            .map_err(|error| SchemaError::Invalid(error.to_string()))?;
        contradiction(schema)?;
        Ok(Self { validator })
    }

    /// What is wrong with `value`, a line for each fault; nothing if it is as it should be.
    #[must_use]
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let line = |fault: jsonschema::ValidationError<'_>| {
            let place = fault.instance_path().to_string();
            let place = if place.is_empty() { "/".to_owned() } else { place };
            format!("{place}: {fault}")
        };
        self.validator.iter_errors(value).take(MAX_FAULTS).map(line).collect()
    }
}

fn is_type(name: &str) -> bool {
    ["array", "boolean", "integer", "null", "number", "object", "string"].contains(&name)
}

/// Required properties that nothing may provide.
fn contradiction(schema: &Value) -> Result<(), SchemaError> {
    if schema["additionalProperties"] != Value::Bool(false)
        || !schema["patternProperties"].is_null()
    {
        return Ok(());
    }
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if schema["properties"].get(name).is_none() {
            return Err(SchemaError::Contradiction(name.to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_never_be_met_is_refused_before_an_agent_runs() {
        for schema in [
            json!([]),
            json!({"type": "objekt"}),
            json!({"type": "array", "items": {}}),
            json!({"type": "object", "required": ["a"], "additionalProperties": false}),
            json!({"$ref": "file:///etc/passwd"}),
        ] {
            assert!(Schema::compile(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn faults_name_the_place() {
        let schema =
            json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
        let schema = Schema::compile(&schema).unwrap();
        assert!(schema.faults(&json!({"n": 1})).is_empty());
        assert!(schema.faults(&json!({"n": "x"}))[0].starts_with("/n: "));
        assert!(schema.faults(&json!({}))[0].contains("required"));
    }
}
