//! `/flows`

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::services::flows;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::flow::{Approve, Launch, ResultQuery, Resume, Retry, RunQuery, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<RunQuery>,
) -> Response {
    let done = flows::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the runs", &error)))
}

pub async fn launch(
    State(app): State<App>,
    Asked(request): Asked,
    Body(launch): Body<Launch>,
) -> Response {
    let done = flows::launch(&app.world, &request, launch).await;
    answer(done.map_err(|error| api_error("run the flow", &error)))
}

pub async fn show(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = flows::show(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the run", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = flows::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the run", &error)))
}

pub async fn approve(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(asked): Body<Approve>,
) -> Response {
    let done = flows::approve(&app.world, &request, &id, asked).await;
    answer(done.map_err(|error| api_error("answer the gate", &error)))
}

pub async fn retry(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(asked): Body<Retry>,
) -> Response {
    let done = flows::retry(&app.world, &request, &id, asked).await;
    answer(done.map_err(|error| api_error("try the step again", &error)))
}

pub async fn resume(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Body(asked): Body<Resume>,
) -> Response {
    let done = flows::resume(&app.world, &request, &id, asked).await;
    answer(done.map_err(|error| api_error("resume the run", &error)))
}

pub async fn cancel(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = flows::cancel(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("cancel the run", &error)))
}

pub async fn result(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<ResultQuery>,
) -> Response {
    match flows::result(&app.world, &request, &id, query).await {
        Ok(bytes) => {
            let kind = (axum::http::header::CONTENT_TYPE, "application/octet-stream");
            ([kind], bytes).into_response()
        }
        Err(error) => answer::<()>(Err(api_error("read the result", &error))),
    }
}
