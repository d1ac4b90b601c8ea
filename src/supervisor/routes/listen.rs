//! `/sessions/{id}/listen`

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::services::messages::{self, Listening};
use crate::supervisor::answer::{api_error, error_response};
use crate::supervisor::shutdown;
use crate::wire::message::ListenQuery;

use super::App;
use super::context::{Asked, Params};

/// An empty line is sent after this much silence, so that a dead peer is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The messages for a session, a line of JSON each, as they are handed over.
pub async fn listen(
    State(app): State<App>,
    Asked(request): Asked,
    Path(id): Path<String>,
    Params(query): Params<ListenQuery>,
) -> Response {
    let listening = messages::listen(&app.world, &request, &id, query.generation).await;
    let listening = match listening {
        Ok(listening) => listening,
        Err(error) => return error_response(api_error("listen", &error)),
    };
    let start = (listening, app.stop.subscribe());
    let lines = stream::unfold(start, |(mut listening, mut stopping)| async move {
        let line = tokio::select! {
            line = line(&mut listening) => line?,
            () = shutdown::ordered(&mut stopping) => return None,
        };
        Some((Ok::<_, Infallible>(Bytes::from(line)), (listening, stopping)))
    });
    // The head goes out at once, so that the caller knows that it is heard.
    let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"\n")) });
    let head =
        [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    let body = futures_util::StreamExt::chain(first, lines);
    (head, Body::from_stream(body)).into_response()
}

/// The next line, which may be an empty one; nothing when somebody else listens now.
async fn line(listening: &mut Listening) -> Option<String> {
    match tokio::time::timeout(KEEP_ALIVE, listening.next()).await {
        Ok(message) => {
            let line = serde_json::to_string(&message?).expect("a message is plain JSON");
            Some(line + "\n")
        }
        Err(_) => Some("\n".to_owned()),
    }
}
