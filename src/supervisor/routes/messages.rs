//! `/messages` and `/sessions/{id}/messages`

use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::services::messages;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::message::{ListQuery, Send, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

/// `?project=&state=&limit=`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AllQuery {
    project: Option<String>,
    state: Option<String>,
    limit: Option<u32>,
}

pub async fn send(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(send): Body<Send>,
) -> Response {
    let done = messages::send(&app.world, &request, &id, send).await;
    answer(done.map_err(|error| api_error("accept the message", &error)))
}

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Response {
    let done = messages::list(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("list the messages", &error)))
}

pub async fn list_all(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<AllQuery>,
) -> Response {
    let page = ListQuery { state: query.state, limit: query.limit };
    let done = messages::list_all(&app.world, &request, query.project.as_deref(), page).await;
    answer(done.map_err(|error| api_error("list the messages", &error)))
}

pub async fn find(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = messages::find(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the message", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = messages::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the message", &error)))
}

pub async fn inbox(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = messages::inbox(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("read the inbox", &error)))
}

pub async fn retry(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = messages::retry(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("send the message again", &error)))
}

pub async fn drop(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = messages::drop(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("take the message back", &error)))
}
