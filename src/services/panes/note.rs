//! Whether a session's pane is open, kept for `ao show`.

use crate::services::{ServiceError, World};
use crate::store::Origin;
use crate::store::sessions::{self as rows, Session};

/// `open` or `closed`.
pub(super) async fn note(
    world: &World,
    session: &Session,
    pane: &'static str,
) -> Result<(), ServiceError> {
    if session.pane == pane {
        return Ok(());
    }
    let session = session.clone();
    let origin = Origin { request_id: None, now: world.now() };
    Ok(world.store.write(origin, move |change| rows::set_pane(change, &session, pane)).await?)
}
