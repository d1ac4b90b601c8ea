//! `/health`, `/version`, `/status`, `/stop`, `/zellij`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::{panes, supervisor};
use crate::supervisor::answer::{answer, api_error};
use crate::wire::PROTOCOL;
use crate::wire::error::ApiError;
use crate::wire::supervisor::{Stop, VersionView};

use super::App;
use super::context::{Asked, Body};

pub async fn version() -> Response {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    answer(Ok::<_, ApiError>(VersionView { version, protocol: PROTOCOL }))
}

pub async fn health(State(app): State<App>) -> Response {
    answer(Ok::<_, ApiError>(supervisor::health(&app.world)))
}

pub async fn status(State(app): State<App>, Asked(request): Asked) -> Response {
    let done = supervisor::status(&app.world, &request).await;
    answer(done.map_err(|error| api_error("show the status", &error)))
}

pub async fn stop(
    State(app): State<App>,
    Asked(request): Asked,
    Body(stop): Body<Stop>,
) -> Response {
    let done = supervisor::stop(&app.world, &request, stop).await;
    if done.is_ok() {
        app.stop.send_replace(true);
    }
    answer(done.map_err(|error| api_error("stop the supervisor", &error)))
}

pub async fn zellij(
    State(app): State<App>,
    Asked(request): Asked,
    Path(project): Path<String>,
) -> Response {
    let done = panes::zellij(&app.world, &request, &project).await;
    answer(done.map_err(|error| api_error("open the panes", &error)))
}
