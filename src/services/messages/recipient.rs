//! Whom an address means.

use crate::model::caller::Caller;
use crate::model::names::{ORCHESTRATOR, orchestrator_id};
use crate::services::{Request, ServiceError, World};
use crate::store::sessions::{self, Session};

/// The session that `address` means: an exact id, or `orchestrator` for the canonical one of the
/// caller's project (a person names the project).
pub async fn resolve(
    world: &World,
    request: &Request,
    address: &str,
    project: Option<&str>,
) -> Result<Session, ServiceError> {
    let id = if address == ORCHESTRATOR {
        let own = match &request.caller {
            Caller::Session(member) => Some(member.project.as_str()),
            Caller::Person => None,
        };
        let Some(project) = own.or(project) else {
            let text = "the address `orchestrator` needs a project".to_owned();
            return Err(ServiceError::Usage(text));
        };
        let project = crate::services::projects::load(world, project).await?;
        orchestrator_id(&project.prefix)?.to_string()
    } else {
        address.to_owned()
    };
    let wanted = id.clone();
    let found = world.store.read(move |db| sessions::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::no_session(&id))
}
