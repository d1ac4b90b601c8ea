//! `/permits`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::permits;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::permit::{AnswerPermit, PermitQuery, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<PermitQuery>,
) -> Response {
    let done = permits::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the permission requests", &error)))
}

pub async fn decide(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(body): Body<AnswerPermit>,
) -> Response {
    let done = permits::answer(&app.world, &request, &id, body).await;
    answer(done.map_err(|error| api_error("answer the permission request", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = permits::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the answer", &error)))
}
