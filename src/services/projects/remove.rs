//! Forgets a project.

use crate::model::rights::{Target, Verb};
use crate::services::rebuild::forget_card;
use crate::services::{Request, ServiceError, World};
use crate::store::{StoreError, projects, sessions};
use crate::wire::project::ProjectAnswer;

use super::find::load;

/// Forgets the project and its ended sessions; refuses while one is not over. Worktrees and
/// branches stay where they are.
pub async fn remove(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<ProjectAnswer, ServiceError> {
    let project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Administer, target).await?;
    let view = super::view(world, project.clone()).await?;
    let id = project.id.clone();
    let paths = world.paths.clone();
    let alive = world
        .store
        .write(request.origin(world.now()), move |change| {
            let alive = sessions::list(change.db(), Some(id.as_str()), false)?;
            if alive.is_empty() {
                for session in sessions::list(change.db(), Some(id.as_str()), true)? {
                    // Before the row: a card without one means that the records have lost it.
                    forget_card(&paths, &session.id).map_err(|source| StoreError::File {
                        path: paths.session_card(&session.id),
                        source,
                    })?;
                }
                projects::remove(change, &id)?;
            }
            Ok(alive)
        })
        .await?;
    if !alive.is_empty() {
        let ids: Vec<&str> = alive.iter().map(|session| session.id.as_str()).collect();
        let project = project.id.to_string();
        return Err(ServiceError::InUse { project, sessions: ids.join(", ") });
    }
    world.panes.forget(&project.id).await;
    let notices = vec!["its worktrees and branches stay where they are".to_owned()];
    Ok(ProjectAnswer { project: view, created: false, notices })
}
