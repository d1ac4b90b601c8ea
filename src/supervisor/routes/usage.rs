//! `/usage` and `/sessions/{id}/usage`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::usage;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::usage::UsageQuery;

use super::App;
use super::context::{Asked, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<UsageQuery>,
) -> Response {
    let done = usage::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("sum up the tokens", &error)))
}

pub async fn of_session(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = usage::of_session(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("sum up the session's tokens", &error)))
}
