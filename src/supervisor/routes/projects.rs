//! `/projects`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::projects;
use crate::wire::project::{AddProject, SetProject, TrustProject};

use super::App;
use super::context::{Asked, Body};
use crate::supervisor::answer::{answer, api_error};

pub async fn list(State(app): State<App>, Asked(request): Asked) -> Response {
    let done = projects::list(&app.world, &request).await;
    answer(done.map_err(|error| api_error("list the projects", &error)))
}

pub async fn add(
    State(app): State<App>,
    Asked(request): Asked,
    Body(add): Body<AddProject>,
) -> Response {
    let done = projects::add(&app.world, &request, add).await;
    answer(done.map_err(|error| api_error("register the repository", &error)))
}

pub async fn find(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = projects::find(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the project", &error)))
}

pub async fn set(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(set): Body<SetProject>,
) -> Response {
    let done = projects::set(&app.world, &request, &id, set).await;
    answer(done.map_err(|error| api_error("change the project", &error)))
}

pub async fn remove(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = projects::remove(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("remove the project", &error)))
}

pub async fn trust(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = projects::trust(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the project's commands", &error)))
}

pub async fn set_trust(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(trust): Body<TrustProject>,
) -> Response {
    let done = projects::set_trust(&app.world, &request, &id, trust).await;
    answer(done.map_err(|error| api_error("trust the project's commands", &error)))
}
