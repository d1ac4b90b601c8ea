//! One project, and how it looks on the wire.

use crate::model::names;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::projects::{self, Project};
use crate::store::sessions;
use crate::wire::project::{ProjectAnswer, ProjectView};
use crate::wire::time::rfc3339;

/// The project `id`.
pub async fn find(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<ProjectAnswer, ServiceError> {
    let project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    Ok(ProjectAnswer { project: view(world, project).await?, created: false, notices: Vec::new() })
}

/// The project's row.
pub(in crate::services) async fn load(world: &World, id: &str) -> Result<Project, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| projects::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::no_project(id))
}

/// The project as it looks on the wire.
pub async fn view(world: &World, project: Project) -> Result<ProjectView, ServiceError> {
    let id = project.id.to_string();
    let (orchestrator, live) = world
        .store
        .read(move |db| {
            let orchestrator = sessions::orchestrator_of(db, &id)?;
            Ok((orchestrator.is_some(), sessions::count_live(db, Some(&id))?))
        })
        .await?;
    let canonical = names::orchestrator_id(&project.prefix)?;
    Ok(ProjectView {
        id: project.id.to_string(),
        prefix: project.prefix,
        path: project.path,
        default_branch: project.default_branch,
        agent: project.agent,
        open_network: project.open_network,
        permits: project.permits,
        restore: project.restore,
        orchestrator: orchestrator.then(|| canonical.to_string()),
        live_sessions: live,
        created_at: rfc3339(project.created_at),
    })
}
