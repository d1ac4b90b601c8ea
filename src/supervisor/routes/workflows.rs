//! `/workflows`

use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::services::workflows;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::workflow::{Launch, RunQuery, Stop, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

/// `?project=`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OfProject {
    project: Option<String>,
}

pub async fn scripts(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<OfProject>,
) -> Response {
    let project = query.project.unwrap_or_default();
    let done = workflows::list_scripts(&app.world, &request, &project).await;
    answer(done.map_err(|error| api_error("list the workflows", &error)))
}

pub async fn script(
    State(app): State<App>,
    Asked(request): Asked,
    Path(name): Path<String>,
    Params(query): Params<OfProject>,
) -> Response {
    let project = query.project.unwrap_or_default();
    let done = workflows::find(&app.world, &request, &project, &name).await;
    answer(done.map_err(|error| api_error("show the workflow", &error)))
}

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<RunQuery>,
) -> Response {
    let done = workflows::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the runs", &error)))
}

pub async fn launch(
    State(app): State<App>,
    Asked(request): Asked,
    Body(launch): Body<Launch>,
) -> Response {
    let done = workflows::launch(&app.world, &request, launch).await;
    answer(done.map_err(|error| api_error("run the workflow", &error)))
}

pub async fn status(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::status(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the run", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = workflows::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the run", &error)))
}

pub async fn result(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::result(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("read the run's result", &error)))
}

pub async fn logs(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::logs(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("read the run's lines", &error)))
}

pub async fn stop(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(stop): Body<Stop>,
) -> Response {
    let done = workflows::stop(&app.world, &request, &id, stop).await;
    answer(done.map_err(|error| api_error("stop the run", &error)))
}

pub async fn pause(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::pause(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("pause the run", &error)))
}

pub async fn resume(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::resume(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("resume the run", &error)))
}

pub async fn script_of(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = workflows::script(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the run's script", &error)))
}
