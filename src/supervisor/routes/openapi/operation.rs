//! One row of the table of operations, and the words it is written in.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Makes a type's schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, by reference where it has a name.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What goes with a request or comes back.
pub(super) enum Content {
    /// Nothing.
    None,
    /// JSON of a type.
    Json(SchemaOf),
    /// JSON of any shape.
    AnyJson,
    /// Bytes of any kind.
    Bytes,
    /// JSON of a type, or with `follow` server-sent events.
    JsonOrEvents(SchemaOf),
}

/// One verb on one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    /// A type whose fields are the query's.
    pub(super) query: Option<SchemaOf>,
    pub(super) body: Content,
    pub(super) answer: Content,
}

fn new(method: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation { method, path, summary, query: None, body: Content::None, answer: Content::None }
}

pub(super) fn get(path: &'static str, summary: &'static str) -> Operation {
    new("get", path, summary)
}

pub(super) fn post(path: &'static str, summary: &'static str) -> Operation {
    new("post", path, summary)
}

pub(super) fn put(path: &'static str, summary: &'static str) -> Operation {
    new("put", path, summary)
}

pub(super) fn patch(path: &'static str, summary: &'static str) -> Operation {
    new("patch", path, summary)
}

pub(super) fn delete(path: &'static str, summary: &'static str) -> Operation {
    new("delete", path, summary)
}

impl Operation {
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(of::<T>), ..self }
    }

    pub(super) fn body<T: JsonSchema>(self) -> Self {
        Self { body: Content::Json(of::<T>), ..self }
    }

    pub(super) fn bytes_body(self) -> Self {
        Self { body: Content::Bytes, ..self }
    }

    pub(super) fn answer<T: JsonSchema>(self) -> Self {
        Self { answer: Content::Json(of::<T>), ..self }
    }

    pub(super) fn answer_or_events<T: JsonSchema>(self) -> Self {
        Self { answer: Content::JsonOrEvents(of::<T>), ..self }
    }

    pub(super) fn any_answer(self) -> Self {
        Self { answer: Content::AnyJson, ..self }
    }

    pub(super) fn bytes_answer(self) -> Self {
        Self { answer: Content::Bytes, ..self }
    }
}
