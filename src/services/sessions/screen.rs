//! What a session's terminal shows now.

use crate::model::rights::Verb;
use crate::model::session::Phase;
use crate::services::{Request, ServiceError, World};
use crate::wire::session::{ScreenQuery, ScreenView};

/// The screen, from the session host.
pub async fn screen(
    world: &World,
    request: &Request,
    id: &str,
    query: ScreenQuery,
) -> Result<ScreenView, ServiceError> {
    let session = super::load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::ReadOutput, target).await?;
    if !matches!(session.phase, Phase::Live | Phase::Ending { .. }) {
        return Err(ServiceError::NotLive { id: id.to_owned(), phase: session.phase.as_str() });
    }
    let client = world.hosts.client(world, &session).await?;
    let shown = client.snapshot(query.ansi, query.scrollback as usize).await?;
    Ok(ScreenView {
        session: id.to_owned(),
        cols: shown.size.cols,
        rows: shown.size.rows,
        lines: shown.lines,
        scrollback: shown.scrollback,
        cursor_row: shown.cursor.row,
        cursor_col: shown.cursor.col,
        title: shown.title,
    })
}
