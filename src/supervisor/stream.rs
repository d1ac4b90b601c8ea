//! The journal as server-sent events. A follower reads from the store at its own pace, so a slow
//! one costs no memory; what has been dropped from the journal meanwhile it is told as a `gap`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

use crate::services::World;
use crate::services::events::{self, Cursor};
use crate::wire::event::{EventView, Gap};

use super::shutdown;

/// A comment is sent after this much silence, so that a dead peer is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Follower {
    world: Arc<World>,
    cursor: Cursor,
    newest: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    ready: VecDeque<String>,
}

/// An answer that goes on until the caller or the supervisor goes.
pub fn follow(world: Arc<World>, cursor: Cursor, stopping: watch::Receiver<bool>) -> Response {
    let newest = world.store.newest();
    let ready = VecDeque::from([": following\n\n".to_owned()]);
    let follower = Follower { world, cursor, newest, stopping, ready };
    let events = stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), follower))
    });
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (head, Body::from_stream(events)).into_response()
}

impl Follower {
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Some(text);
            }
            self.newest.mark_unchanged();
            let (gap, rows) = match events::next(&self.world, &mut self.cursor).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "failed to read the journal for a follower");
                    return None;
                }
            };
            self.ready.extend(gap.map(gap_event));
            self.ready.extend(rows.iter().map(event));
            if self.ready.is_empty() {
                self.pause().await?;
            }
        }
    }

    /// Until there is more, or it is time for a sign of life; nothing when it is all over.
    async fn pause(&mut self) -> Option<()> {
        tokio::select! {
            changed = self.newest.changed() => changed.ok(),
            () = tokio::time::sleep(KEEP_ALIVE) => {
                self.ready.push_back(": still here\n\n".to_owned());
                Some(())
            }
            () = shutdown::ordered(&mut self.stopping) => None,
        }
    }
}

fn event(view: &EventView) -> String {
    let data = serde_json::to_string(view).expect("an event is plain JSON");
    format!("id: {}\nevent: {}\ndata: {data}\n\n", view.seq, view.kind)
}

fn gap_event(gap: Gap) -> String {
    let data = serde_json::to_string(&gap).expect("a gap is plain JSON");
    format!("id: {}\nevent: gap\ndata: {data}\n\n", gap.to)
}
