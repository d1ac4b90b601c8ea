//! Subagents in the order of their acceptance.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::subagents as rows;
use crate::wire::subagent::{SubagentList, SubagentQuery};

/// Most in an answer: the newest.
const MOST: u32 = 200;

/// A session's own, unless it names others that it may see.
pub async fn list(
    world: &World,
    request: &Request,
    query: SubagentQuery,
) -> Result<SubagentList, ServiceError> {
    let member = request.caller.member();
    let own = || member.map(|member| member.id.to_string());
    let is_plain = query.project.is_none() && query.parent.is_none();
    let parent = if is_plain { own() } else { query.parent };
    let project = query.project.or_else(|| member.map(|member| member.project.to_string()));
    let id = project.as_deref().map(ProjectId::parse).transpose()?;
    // Of a whole project only who may see each of it.
    let author = Some(parent.as_deref().unwrap_or_default());
    let target = Target { project: id.as_ref(), session: None, author };
    request.allow(world, Verb::Delegate, target).await?;
    let read = move |db: &_| rows::list(db, parent.as_deref(), project.as_deref(), MOST);
    let found = world.store.read(read).await?;
    let subagents = found.iter().map(|subagent| super::view::view(world, subagent)).collect();
    Ok(SubagentList { subagents })
}
