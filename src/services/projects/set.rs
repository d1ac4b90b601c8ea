//! Changes a project.

use std::path::Path;

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::projects;
use crate::wire::project::{ProjectAnswer, SetProject};
use crate::workspace;

use super::find::load;

/// Changes what `set` names; the branch must exist, the agent must be known.
pub async fn set(
    world: &World,
    request: &Request,
    id: &str,
    set: SetProject,
) -> Result<ProjectAnswer, ServiceError> {
    let mut project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Administer, target).await?;
    if let Some(branch) = set.default_branch {
        let path = Path::new(&project.path);
        project.default_branch =
            workspace::inspect(&world.git, path, Some(&branch)).await?.default_branch;
    }
    if let Some(agent) = set.agent {
        if !agent.is_empty() {
            world.catalog().get(&agent)?;
        }
        project.agent = Some(agent).filter(|agent| !agent.is_empty());
    }
    project.open_network = set.open_network.unwrap_or(project.open_network);
    project.permits = set.permits.unwrap_or(project.permits);
    project.restore = set.restore.unwrap_or(project.restore);
    let row = project.clone();
    world
        .store
        .write(request.origin(world.now()), move |change| projects::set(change, &row))
        .await?;
    Ok(ProjectAnswer {
        project: super::view(world, project).await?,
        created: false,
        notices: Vec::new(),
    })
}
