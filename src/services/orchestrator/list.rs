//! The orchestrators, alive or not.

use crate::model::session::Kind;
use crate::services::{Request, ServiceError, World, sessions};
use crate::wire::session::SessionList;

/// The orchestrators of a project, or of all.
pub async fn list(
    world: &World,
    request: &Request,
    project: Option<&str>,
) -> Result<SessionList, ServiceError> {
    let mut found = sessions::list(world, request, project, true).await?;
    found.sessions.retain(|session| session.kind == Kind::Orchestrator.as_str());
    Ok(found)
}
