//! `/traces`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::traces;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::trace::TraceQuery;

use super::App;
use super::context::{Asked, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<TraceQuery>,
) -> Response {
    let done = traces::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the tool calls", &error)))
}

pub async fn find(State(app): State<App>, Asked(request): Asked, Path(id): Path<i64>) -> Response {
    let done = traces::find(&app.world, &request, id).await;
    answer(done.map_err(|error| api_error("show the tool call", &error)))
}
