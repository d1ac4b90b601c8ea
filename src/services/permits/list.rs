//! Lists requests.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::permits::{self, Permit};
use crate::wire::permit::{PermitList, PermitQuery, PermitView};
use crate::wire::time::rfc3339;

/// Requests listed when nobody says how many, and at most.
const LIMIT: (u32, u32) = (100, 1000);

/// The newest first: the open ones, or all that are kept.
pub async fn list(
    world: &World,
    request: &Request,
    query: PermitQuery,
) -> Result<PermitList, ServiceError> {
    let own = request.caller.member().map(|member| member.project.to_string());
    let project = match query.project.or(own) {
        Some(id) => Some(projects::load(world, &id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadOutput, target).await?;
    let limit = query.limit.unwrap_or(LIMIT.0).clamp(1, LIMIT.1);
    let (project, all) = (project.map(|id| id.to_string()), query.all);
    let found =
        world.store.read(move |db| permits::list(db, project.as_deref(), all, limit)).await?;
    Ok(PermitList { permits: found.into_iter().map(|permit| view(world, permit)).collect() })
}

/// A request on the wire.
#[must_use]
pub fn view(world: &World, permit: Permit) -> PermitView {
    PermitView {
        waits: world.permits.waits(&permit.id),
        id: permit.id,
        session: permit.session,
        project: permit.project,
        tool: permit.tool,
        subject: permit.subject,
        state: permit.state.as_str().to_owned(),
        scope: if permit.for_session { "session" } else { "once" }.to_owned(),
        by: permit.by,
        message: permit.message,
        asked_at: rfc3339(permit.asked_at),
        decided_at: permit.decided_at.map(rfc3339),
    }
}
