//! A session's recorded output.

use std::time::Duration;

use crate::host::record;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::wire::session::{LogsQuery, LogsView};

/// Bytes in one answer.
const PIECE: usize = 256 * 1024;
/// Longest wait for more.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// A piece of the output of the session's current generation, from a byte offset on; with a wait,
/// as soon as there is more.
pub async fn logs(
    world: &World,
    request: &Request,
    id: &str,
    query: LogsQuery,
) -> Result<LogsView, ServiceError> {
    let session = super::load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::ReadOutput, target).await?;
    let wait = Duration::from_secs(query.wait_s.unwrap_or(0)).min(MOST_WAIT);
    let dir = world.paths.generation_dir(&session.id, session.generation);
    let mut piece = read(&dir, query.from).await?;
    if piece.bytes.is_empty() && !wait.is_zero() && !session.phase.is_over() {
        if let Ok(client) = world.hosts.client(world, &session).await {
            // Either more output or the end of the wait; both are answered by looking again.
            let _ = tokio::time::timeout(wait, client.output_after(piece.next)).await;
        }
        piece = read(&dir, query.from).await?;
    }
    let over = super::load(world, id).await?.phase.is_over();
    Ok(LogsView {
        from: piece.from,
        next: piece.next,
        ended: over && piece.bytes.is_empty(),
        text: String::from_utf8_lossy(&piece.bytes).into_owned(),
    })
}

async fn read(dir: &std::path::Path, from: Option<u64>) -> Result<record::Piece, ServiceError> {
    let dir = dir.to_owned();
    super::prepare::blocking(move || record::read(&dir, from, PIECE)).await
}
