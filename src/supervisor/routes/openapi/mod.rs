//! `GET /openapi.json`: the contract for programs, made from the types that cross the socket. A
//! test compares `operations.rs` with the routes.

mod document;
mod operation;
mod operations;

use axum::Json;

pub use document::document;

/// The document.
pub async fn show() -> Json<serde_json::Value> {
    Json(document())
}
