//! `/sessions`

use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::services::{headless, hooks, reports, sessions};
use crate::supervisor::answer::{answer, api_error};
use crate::wire::clean::{Clean, Restore, RestoreWork};
use crate::wire::hook::Hook;
use crate::wire::session::{Attach, Kill, LogsQuery, Report, ScreenQuery, Spawn, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

/// `?project=&all=`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ListQuery {
    project: Option<String>,
    all: bool,
}

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<ListQuery>,
) -> Response {
    let done = sessions::list(&app.world, &request, query.project.as_deref(), query.all).await;
    answer(done.map_err(|error| api_error("list the sessions", &error)))
}

pub async fn spawn(
    State(app): State<App>,
    Asked(request): Asked,
    Body(spawn): Body<Spawn>,
) -> Response {
    if spawn.one_shot.is_some() {
        let done = headless::start(&app.world, &request, spawn).await;
        return answer(done.map_err(|error| api_error("run the agent", &error)));
    }
    let done = sessions::spawn(&app.world, &request, spawn).await;
    answer(done.map_err(|error| api_error("spawn a worker", &error)))
}

pub async fn find(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = sessions::find(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the session", &error)))
}

pub async fn screen(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<ScreenQuery>,
) -> Response {
    let done = sessions::screen(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("show the screen", &error)))
}

pub async fn logs(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<LogsQuery>,
) -> Response {
    let done = sessions::logs(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("read the output", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = sessions::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the session", &error)))
}

pub async fn result(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = sessions::result(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("read the result", &error)))
}

pub async fn outcome(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = headless::outcome(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("read the outcome", &error)))
}

pub async fn report(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(report): Body<Report>,
) -> Response {
    let done = reports::report(&app.world, &request, &id, report).await;
    answer(done.map_err(|error| api_error("take the report", &error)))
}

pub async fn hook(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(hook): Body<Hook>,
) -> Response {
    let done = hooks::take(&app.world, &request, &id, hook).await;
    answer(done.map_err(|error| api_error("take the hook's event", &error)))
}

pub async fn kill(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(kill): Body<Kill>,
) -> Response {
    let done = sessions::kill(&app.world, &request, &id, kill).await;
    answer(done.map_err(|error| api_error("end the session", &error)))
}

pub async fn restore(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(restore): Body<Restore>,
) -> Response {
    let done = sessions::restore(&app.world, &request, &id, restore).await;
    answer(done.map_err(|error| api_error("start the session again", &error)))
}

pub async fn clean(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(clean): Body<Clean>,
) -> Response {
    let done = sessions::clean(&app.world, &request, &id, clean).await;
    answer(done.map_err(|error| api_error("clean up after the session", &error)))
}

pub async fn restore_work(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(restore): Body<RestoreWork>,
) -> Response {
    let done = sessions::restore_work(&app.world, &request, &id, restore).await;
    answer(done.map_err(|error| api_error("bring the work back", &error)))
}

pub async fn attach(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(attach): Body<Attach>,
) -> Response {
    let done = sessions::attach(&app.world, &request, &id, attach).await;
    answer(done.map_err(|error| api_error("attach to the session", &error)))
}
