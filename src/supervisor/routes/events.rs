//! `/events`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::services::events::{self, Cursor};
use crate::supervisor::answer::{answer, api_error, error_response};
use crate::supervisor::stream;
use crate::wire::event::EventQuery;

use super::App;
use super::context::{Asked, Params};

/// A page of the journal, or with `follow` (or `Accept: text/event-stream`) a stream of it.
pub async fn events(
    State(app): State<App>,
    Asked(request): Asked,
    headers: HeaderMap,
    Params(mut query): Params<EventQuery>,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Whoever reconnects by the standard repeats the first address, and says how far it has come.
    let come_to = header("last-event-id").and_then(|id| id.parse().ok());
    query.since = come_to.or(query.since);
    let streams = header("accept").is_some_and(|accept| accept.contains("text/event-stream"));
    if !query.follow && !streams {
        let done = events::list(&app.world, &request, &query).await;
        return answer(done.map_err(|error| api_error("read the journal", &error)));
    }
    match events::filter(&app.world, &request, &query).await {
        Ok(filter) => {
            let seq = query.since.unwrap_or_else(|| *app.world.store.newest().borrow());
            let cursor = Cursor { seq, filter };
            stream::follow(app.world.clone(), cursor, app.stop.subscribe()).into_response()
        }
        Err(error) => error_response(api_error("follow the journal", &error)),
    }
}
