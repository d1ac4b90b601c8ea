//! `/orchestrators`

use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::services::orchestrator;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::orchestrator::EnsureOrchestrator;
use crate::wire::session::Kill;

use super::App;
use super::context::{Asked, Body, Params};

/// `?project=`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ListQuery {
    project: Option<String>,
}

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<ListQuery>,
) -> Response {
    let done = orchestrator::list(&app.world, &request, query.project.as_deref()).await;
    answer(done.map_err(|error| api_error("list the orchestrators", &error)))
}

pub async fn ensure(
    State(app): State<App>,
    Asked(request): Asked,
    Body(ensure): Body<EnsureOrchestrator>,
) -> Response {
    let done = orchestrator::ensure(&app.world, &request, ensure).await;
    answer(done.map_err(|error| api_error("start the orchestrator", &error)))
}

pub async fn stop(
    State(app): State<App>,
    Asked(request): Asked,
    Path(project): Path<String>,
    Body(kill): Body<Kill>,
) -> Response {
    let done = orchestrator::stop(&app.world, &request, &project, kill).await;
    answer(done.map_err(|error| api_error("stop the orchestrator", &error)))
}
