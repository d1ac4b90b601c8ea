//! Forgets a project.

use crate::model::rights::{Target, Verb};
use crate::services::rebuild::forget_card;
use crate::services::{Request, ServiceError, World};
use crate::store::{StoreError, projects, sessions, workflows};
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
            let sessions = sessions::list(change.db(), Some(id.as_str()), false)?;
            let runs = workflows::by_state(change.db())?;
            let runs = runs.into_iter().filter(|run| run.project == id.as_str());
            let mut alive: Vec<String> = sessions.iter().map(|at| at.id.to_string()).collect();
            alive.extend(runs.map(|run| run.id));
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
        let project = project.id.to_string();
        return Err(ServiceError::InUse { project, sessions: alive.join(", ") });
    }
    world.panes.forget(&project.id).await;
    let notices = vec!["its worktrees and branches stay where they are".to_owned()];
    Ok(ProjectAnswer { project: view, created: false, notices })
}
