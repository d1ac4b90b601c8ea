//! `/artifacts`

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use crate::services::artifacts;
use crate::supervisor::answer::{answer, api_error};

use super::App;
use super::context::Asked;

pub async fn put(State(app): State<App>, Asked(request): Asked, body: Bytes) -> Response {
    let done = artifacts::put(&app.world, &request, body.into()).await;
    answer(done.map_err(|error| api_error("store the artifact", &error)))
}
