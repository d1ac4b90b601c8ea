//! What happens to every request before its handler: versions compared, an id given, the caller
//! identified. And the two extractors that speak the contract's errors.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;

use crate::process::Peer;
use crate::services::{Request, secret};
use crate::supervisor::answer::{error_response, unidentified};
use crate::supervisor::identity;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::{
    IDEMPOTENCY_HEADER, PROTOCOL, PROTOCOL_HEADER, REQUEST_ID_HEADER, VERSION_HEADER,
};

use super::App;

/// Longest idempotency key in characters.
const MAX_KEY: usize = 200;

/// How long a request waits for a supervisor that has just started: less than its caller does.
const TAKEOVER: Duration = Duration::from_secs(9);

/// What is answered while sessions are still being compared with the world.
fn is_open_early(path: &str) -> bool {
    ["/health", "/version", "/status"]
        .iter()
        .any(|open| path.strip_prefix("/api/v1").unwrap_or(path) == *open)
}

fn still_taking_over(app: &App) -> ApiError {
    let progress = app.world.readiness.progress();
    let how_far = progress.map_or(String::new(), |p| format!(": {} of {}", p.done, p.total));
    ApiError::new(
        ErrorCode::Unreachable,
        "the supervisor is not ready",
        format!("it has just started and is taking over sessions{how_far}"),
        "`ao status` shows how far it is; try again in a moment",
    )
}

/// Gives the request its id, refuses another protocol and an unknown caller, and puts a
/// [`Request`] beside the handler's own arguments.
pub async fn identify(
    State(app): State<App>,
    mut request: axum::extract::Request,
    next: Next,
) -> Response {
    let id = secret::request_id();
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Arc<Peer>>().cloned();
    let peer = peer.expect("every connection puts its peer into its requests");
    if !is_open_early(&path) && !app.world.readiness.wait(TAKEOVER).await {
        return finish(error_response(still_taking_over(&app)), &id).await;
    }
    let context = context(&app, &path, &peer, request.headers().clone(), &id).await;
    let response = match context {
        Ok(context) => {
            request.extensions_mut().insert(context);
            next.run(request).await
        }
        Err(error) => error_response(error),
    };
    finish(response, &id).await
}

async fn context(
    app: &App,
    path: &str,
    peer: &Peer,
    headers: HeaderMap,
    id: &str,
) -> Result<Request, ApiError> {
    // The version can be asked for by every version.
    if !path.ends_with("/version") {
        same_protocol(&headers)?;
    }
    let key = key(&headers)?;
    let caller = identity::caller(&app.world, peer, &headers, id)
        .await
        .map_err(|error| unidentified(&error))?;
    Ok(Request {
        id: id.to_owned(),
        caller,
        pid: peer.process.map(|process| process.pid),
        uid: peer.uid,
        key,
    })
}

/// A caller that names no protocol (curl, say) is taken to speak this one.
fn same_protocol(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(PROTOCOL_HEADER) else { return Ok(()) };
    let spoken: Option<u32> = value.to_str().ok().and_then(|text| text.parse().ok());
    if spoken == Some(PROTOCOL) {
        return Ok(());
    }
    let version = headers.get(VERSION_HEADER).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
    let own = env!("CARGO_PKG_VERSION");
    let (reason, hint) = match spoken {
        Some(theirs) if theirs < PROTOCOL => (
            format!("the command (ao {version}) is older than the supervisor (ao {own})"),
            "use the newer ao: `ao status` names the supervisor's",
        ),
        _ => (
            format!("the supervisor (ao {own}) is older than the command (ao {version})"),
            "ao stop, then ao start: sessions live on",
        ),
    };
    Err(ApiError::new(ErrorCode::Incompatible, "refused the request", reason, hint))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_HEADER) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => Ok(Some(key.to_owned())),
        _ => Err(ApiError::new(
            ErrorCode::Usage,
            "refused the request",
            "the idempotency key is empty, not ASCII, or too long",
            format!("use 1 to {MAX_KEY} visible ASCII characters"),
        )),
    }
}

/// Puts id, protocol and version onto the answer, and the id into an error.
async fn finish(response: Response, id: &str) -> Response {
    let mut response =
        if response.status().is_success() { response } else { with_request_id(response, id).await };
    let headers = response.headers_mut();
    for (name, value) in [
        (REQUEST_ID_HEADER, id.to_owned()),
        (PROTOCOL_HEADER, PROTOCOL.to_string()),
        (VERSION_HEADER, env!("CARGO_PKG_VERSION").to_owned()),
    ] {
        let value = HeaderValue::from_str(&value).expect("ids and numbers are header values");
        headers.insert(name, value);
    }
    response
}

/// Errors are small: more than this is none of ours.
const MAX_ERROR: usize = 64 * 1024;

async fn with_request_id(response: Response, id: &str) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_ERROR).await.unwrap_or_default();
    let mut error = match serde_json::from_slice::<crate::wire::error::ErrorBody>(&bytes) {
        Ok(body) => body.error,
        Err(_) => foreign(parts.status, &bytes),
    };
    error.request_id = Some(id.to_owned());
    tracing::info!(request = id, code = ?error.code, message = %error.message, "refused");
    error_response(error)
}

/// An error that the HTTP layer made.
fn foreign(status: StatusCode, body: &[u8]) -> ApiError {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        status if status.is_client_error() => ErrorCode::Usage,
        _ => ErrorCode::Internal,
    };
    let reason = String::from_utf8_lossy(body).into_owned();
    ApiError::new(code, "refused the request", reason, "see the API's paths in the README")
}

/// Nothing is at this path.
pub async fn no_such_path(uri: Uri) -> Response {
    error_response(ApiError::new(
        ErrorCode::NotFound,
        "refused the request",
        format!("there is no {}", uri.path()),
        "see the API's paths in the README",
    ))
}

/// The path does not take this verb.
pub async fn no_such_method(method: Method, uri: Uri) -> Response {
    error_response(ApiError::new(
        ErrorCode::Usage,
        "refused the request",
        format!("{} does not take {method}", uri.path()),
        "see the API's paths in the README",
    ))
}

/// Who asks; put there by [`identify`].
pub struct Asked(pub Request);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let request = parts.extensions.get::<Request>().cloned();
        Ok(Self(request.expect("the layer identifies every request before its handler")))
    }
}

/// A JSON body; an empty one counts as `{}`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Response> {
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|rejection| {
            let text = rejection.body_text();
            error_response(foreign(rejection.status(), text.as_bytes()))
        })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        axum::Json::<T>::from_bytes(text).map(|axum::Json(body)| Self(body)).map_err(|rejection| {
            let text = match &rejection {
                JsonRejection::JsonDataError(error) => error.body_text(),
                other => other.body_text(),
            };
            bad_input(text)
        })
    }
}

/// A query string.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Self(query)).map_err(|rejection| bad_input(rejection.body_text()))
    }
}

fn bad_input(reason: String) -> Response {
    error_response(ApiError::new(
        ErrorCode::Usage,
        "refused the request",
        reason,
        "compare the body with the README's section on the API",
    ))
}
