//! `/scratchpad`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::scratchpad;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::scratchpad::{PutScratch, ScratchQuery};

use super::App;
use super::context::{Asked, Body, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<ScratchQuery>,
) -> Response {
    let done = scratchpad::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the scratchpad", &error)))
}

pub async fn get(
    State(app): State<App>,
    Asked(request): Asked,
    Path(key): Path<String>,
    Params(query): Params<ScratchQuery>,
) -> Response {
    let done = scratchpad::get(&app.world, &request, &key, query).await;
    answer(done.map_err(|error| api_error("read the value", &error)))
}

pub async fn put(
    State(app): State<App>,
    Asked(request): Asked,
    Path(key): Path<String>,
    Params(query): Params<ScratchQuery>,
    Body(put): Body<PutScratch>,
) -> Response {
    let done = scratchpad::put(&app.world, &request, &key, query, put).await;
    answer(done.map_err(|error| api_error("write the value", &error)))
}

pub async fn remove(
    State(app): State<App>,
    Asked(request): Asked,
    Path(key): Path<String>,
    Params(query): Params<ScratchQuery>,
) -> Response {
    let done = scratchpad::remove(&app.world, &request, &key, query).await;
    answer(done.map_err(|error| api_error("remove the value", &error)))
}
