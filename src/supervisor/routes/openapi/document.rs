//! The OpenAPI document: paths from the table of operations, schemas from the types.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Content, Operation, SchemaOf, of};
use super::operations::operations;
use crate::wire::error::ErrorBody;
use crate::wire::{IDEMPOTENCY_HEADER, PROTOCOL_HEADER, SESSION_HEADER, TOKEN_HEADER};

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut named = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator();
    let error = of::<ErrorBody>(&mut named);
    let mut paths = Map::new();
    for operation in operations() {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method] = described(&operation, &mut named);
    }
    let schemas: Map<String, Value> = named.take_definitions(true).into_iter().collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ao",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "HTTP over the supervisor's Unix socket. Who calls is found out from \
                the caller's process tree; the headers of a session are claims that may only \
                contradict it.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Error": {
                    "description": "What failed, why, and what to do",
                    "content": {"application/json": {"schema": error}},
                },
            },
            "parameters": headers(),
        },
    })
}

fn headers() -> Value {
    let header = |name: &str, about: &str| json!({"name": name, "in": "header", "description": about, "schema": {"type": "string"}});
    json!({
        "Protocol": header(PROTOCOL_HEADER, "Version of the contract that the caller speaks"),
        "Session": header(SESSION_HEADER, "AO_SESSION_ID of the caller, if it has one"),
        "Token": header(TOKEN_HEADER, "AO_SESSION_TOKEN of the caller, if it has one"),
        "Key": header(IDEMPOTENCY_HEADER, "Repeating the request with the same key does it once"),
    })
}

fn described(operation: &Operation, named: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(operation.path);
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query));
    }
    let all = ["Protocol", "Session", "Token", "Key"];
    let count = if operation.method == "get" { all.len() - 1 } else { all.len() };
    let headers = all.iter().take(count);
    parameters
        .extend(headers.map(|name| json!({"$ref": format!("#/components/parameters/{name}")})));
    let mut value = json!({
        "summary": operation.summary,
        "operationId": name(operation),
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done"},
            "default": {"$ref": "#/components/responses/Error"},
        },
    });
    if let Some(content) = content(&operation.body, named) {
        value["requestBody"] = json!({"content": content});
    }
    if let Some(content) = content(&operation.answer, named) {
        value["responses"]["200"]["content"] = content;
    }
    value
}

/// `post_sessions_id_kill`
fn name(operation: &Operation) -> String {
    let words = operation.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    std::iter::once(operation.method).chain(words).collect::<Vec<_>>().join("_")
}

fn path_parameters(path: &str) -> Vec<Value> {
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let schema = json!({"type": "string"});
    parts
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": schema}))
        .collect()
}

/// Each field of the query's type is a parameter.
fn query_parameters(query: SchemaOf) -> Vec<Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = query(&mut settings.into_generator()).to_value();
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    fields
        .into_iter()
        .map(|(name, mut schema)| {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({"name": name, "in": "query", "schema": schema});
            if let Some(about) = about {
                parameter["description"] = about;
            }
            parameter
        })
        .collect()
}

fn content(content: &Content, named: &mut SchemaGenerator) -> Option<Value> {
    let json = |schema: Value| json!({"application/json": {"schema": schema}});
    Some(match content {
        Content::None => return None,
        Content::Json(schema) => json(schema(named).to_value()),
        Content::AnyJson => json(json!({})),
        Content::Bytes => json!({"application/octet-stream": {}}),
        Content::JsonOrEvents(schema) => {
            let mut both = json(schema(named).to_value());
            both["text/event-stream"] = json!({"schema": {"type": "string"}});
            both
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference leads somewhere, and every operation has a name of its own.
    #[test]
    fn the_document_holds_together() {
        let document = document();
        let text = document.to_string();
        let references = text.split("\"$ref\":\"#").skip(1).map(|rest| {
            let end = rest.find('"').unwrap();
            &rest[..end]
        });
        let mut count = 0;
        for pointer in references {
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            count += 1;
        }
        assert!(count > 100, "{count}");
        let mut names: Vec<String> = operations().iter().map(name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        let spawn = &document["components"]["schemas"]["Spawn"]["properties"];
        assert!(spawn["prompt"].is_object() && spawn["agent"].is_object(), "{spawn}");
    }
}
