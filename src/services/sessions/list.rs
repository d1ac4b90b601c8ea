//! Sessions of a project, or of all.

use crate::model::rights::{Target, Verb, allowed};
use crate::services::{Request, ServiceError, World};
use crate::store::sessions;
use crate::wire::session::SessionList;

/// The sessions that the caller may know of: those that are not over, or all.
pub async fn list(
    world: &World,
    request: &Request,
    project: Option<&str>,
    all: bool,
) -> Result<SessionList, ServiceError> {
    if let Some(id) = project {
        crate::services::projects::load(world, id).await?;
    }
    let project = project.map(str::to_owned);
    let mut found = world.store.read(move |db| sessions::list(db, project.as_deref(), all)).await?;
    found.retain(|session| {
        let target = Target { project: Some(&session.project), ..Target::machine() };
        allowed(&request.caller, Verb::ReadStatus, target).is_ok()
    });
    Ok(SessionList { sessions: super::views(world, found).await? })
}
