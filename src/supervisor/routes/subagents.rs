//! `/subagents`

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::services::subagents;
use crate::supervisor::answer::{answer, api_error};
use crate::wire::subagent::{SpawnSubagent, SubagentQuery, WaitQuery};

use super::App;
use super::context::{Asked, Body, Params};

pub async fn list(
    State(app): State<App>,
    Asked(request): Asked,
    Params(query): Params<SubagentQuery>,
) -> Response {
    let done = subagents::list(&app.world, &request, query).await;
    answer(done.map_err(|error| api_error("list the subagents", &error)))
}

pub async fn spawn(
    State(app): State<App>,
    Asked(request): Asked,
    Body(asked): Body<SpawnSubagent>,
) -> Response {
    let done = subagents::spawn(&app.world, &request, asked).await;
    answer(done.map_err(|error| api_error("start a subagent", &error)))
}

pub async fn find(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = subagents::find(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("show the subagent", &error)))
}

pub async fn wait(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<WaitQuery>,
) -> Response {
    let done = subagents::wait(&app.world, &request, &id, query).await;
    answer(done.map_err(|error| api_error("wait for the subagent", &error)))
}

pub async fn cancel(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    let done = subagents::cancel(&app.world, &request, &id).await;
    answer(done.map_err(|error| api_error("end the subagent", &error)))
}

pub async fn result(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
) -> Response {
    match subagents::result(&app.world, &request, &id).await {
        Ok(bytes) => {
            let kind = (axum::http::header::CONTENT_TYPE, "application/octet-stream");
            ([kind], bytes).into_response()
        }
        Err(error) => answer::<()>(Err(api_error("read the result", &error))),
    }
}
