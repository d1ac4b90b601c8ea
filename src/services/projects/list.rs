//! All projects.

use crate::model::rights::{Target, Verb, allowed};
use crate::services::{Request, ServiceError, World};
use crate::store::projects;
use crate::wire::project::ProjectList;

/// The projects that the caller may know of: a session sees its own only.
pub async fn list(world: &World, request: &Request) -> Result<ProjectList, ServiceError> {
    let all = world.store.read(projects::list).await?;
    let mut views = Vec::new();
    for project in all {
        let target = Target { project: Some(&project.id), ..Target::machine() };
        if allowed(&request.caller, Verb::ReadStatus, target).is_ok() {
            views.push(super::view(world, project).await?);
        }
    }
    Ok(ProjectList { projects: views })
}
