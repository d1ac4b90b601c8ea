//! Ends a project's orchestrator; its row, worktree and mail stay for the next.

use std::sync::Arc;

use crate::model::names::orchestrator_id;
use crate::services::{Request, ServiceError, World, projects, sessions};
use crate::wire::session::{Kill, SessionAnswer};

/// Ends it as a kill does.
pub async fn stop(
    world: &Arc<World>,
    request: &Request,
    project: &str,
    kill: Kill,
) -> Result<SessionAnswer, ServiceError> {
    let project = projects::load(world, project).await?;
    let id = orchestrator_id(&project.prefix)?;
    sessions::kill(world, request, id.as_str(), kill).await
}
