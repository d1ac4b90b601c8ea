//! A session's recorded output.

use std::path::Path;
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
    let from = query.from.unwrap_or(0);
    let mut chunk = read(&dir, from).await?;
    if chunk.is_none() && !wait.is_zero() && !session.phase.is_over() {
        let failed = |source| ServiceError::File { path: dir.clone(), source };
        let mut more = record::Follow::new(&dir, from).map_err(failed)?;
        // The end of the wait is no error: there is nothing yet.
        if let Ok(found) = tokio::time::timeout(wait, more.next()).await {
            chunk = found.map_err(failed)?;
        }
    }
    let over = super::load(world, id).await?.phase.is_over();
    let ended = over && chunk.is_none();
    let chunk = chunk.unwrap_or(record::Chunk { start: from, bytes: Vec::new() });
    Ok(LogsView {
        from: chunk.start,
        next: chunk.start + chunk.bytes.len() as u64,
        text: String::from_utf8_lossy(&chunk.bytes).into_owned(),
        ended,
    })
}

async fn read(dir: &Path, from: u64) -> Result<Option<record::Chunk>, ServiceError> {
    let dir = dir.to_owned();
    super::prepare::blocking(move || {
        record::read(&dir, from, PIECE).map_err(|source| ServiceError::File { path: dir, source })
    })
    .await
}
