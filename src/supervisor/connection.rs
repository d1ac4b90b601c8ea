//! One connection: who is at the other end is established once, by the kernel's word, and goes
//! with every request on it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::process::Peer;
use crate::services::World;

use super::places::{Answering, Place};
use super::shutdown;

/// How long a caller may take to send the head of a request, and be idle between two.
const HEAD: Duration = Duration::from_secs(10);

/// Serves the requests of one connection, one after the other, until its place is wanted while it is
/// silent.
pub async fn serve(
    stream: UnixStream,
    world: Arc<World>,
    router: Router,
    (mut stopping, place): (watch::Receiver<bool>, Place),
) {
    let peer = match Peer::of(&stream) {
        Ok(peer) if peer.is_same_user() => Arc::new(peer),
        Ok(peer) => {
            super::identity::record_stranger(&world, peer.uid).await;
            return;
        }
        Err(error) => {
            tracing::warn!(%error, "a caller without credentials is refused");
            return;
        }
    };
    let place = Arc::new(place);
    let own = place.clone();
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (router, peer) = (router.clone(), peer.clone());
        let busy = own.busy();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let answer: Result<Response<Body>, std::convert::Infallible> =
                router.oneshot(request).await;
            answer.map(|response| response.map(|body| Answering::new(body, busy)))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        // A caller that went away, or spoke no HTTP, is no news.
        _ = serving.as_mut() => {}
        () = place.is_wanted() => {}
        () = shutdown::ordered(&mut stopping) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}
