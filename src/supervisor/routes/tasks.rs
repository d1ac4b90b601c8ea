//! `/tasks`

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::services::tasks;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::task::{AddTask, StepTask, TaskQuery, UpdateTask};

use super::App;
use super::context::{Asked, Body, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<TaskQuery>,
) -> Response {
    let done = tasks::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the tasks", &error)))
}

pub async fn add(
    State(app): State<App>,
    Asked(request): Asked,
    Body(add): Body<AddTask>,
) -> Response {
    let done = tasks::add(&app.world, &request, add).await;
    answer(done.map_err(|error| api_error("add the task", &error)))
}

pub async fn find(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = tasks::find(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the task", &error)))
}

pub async fn update(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(update): Body<UpdateTask>,
) -> Response {
    let done = tasks::update(&app.world, &request, &id, update).await;
    answer(done.map_err(|error| api_error("update the task", &error)))
}

pub async fn claim(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(step): Body<StepTask>,
) -> Response {
    let done = tasks::claim(&app.world, &request, &id, step).await;
    answer(done.map_err(|error| api_error("claim the task", &error)))
}

pub async fn done(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(step): Body<StepTask>,
) -> Response {
    let done = tasks::done(&app.world, &request, &id, step).await;
    answer(done.map_err(|error| api_error("note the task as done", &error)))
}

pub async fn fail(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(step): Body<StepTask>,
) -> Response {
    let done = tasks::fail(&app.world, &request, &id, step).await;
    answer(done.map_err(|error| api_error("note the task as failed", &error)))
}

pub async fn release(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(step): Body<StepTask>,
) -> Response {
    let done = tasks::release(&app.world, &request, &id, step).await;
    answer(done.map_err(|error| api_error("release the task", &error)))
}

pub async fn cancel(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(step): Body<StepTask>,
) -> Response {
    let done = tasks::cancel(&app.world, &request, &id, step).await;
    answer(done.map_err(|error| api_error("cancel the task", &error)))
}

pub async fn result(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    match tasks::result(&app.world, &request, &id).await {
        Ok(bytes) => {
            let kind = (axum::http::header::CONTENT_TYPE, "application/octet-stream");
            ([kind], bytes).into_response()
        }
        Err(error) => answer::<()>(Err(api_error("read the result", &error))),
    }
}
