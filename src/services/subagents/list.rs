//! Subagents in the order of their acceptance.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::subagents as rows;
use crate::wire::subagent::{SubagentList, SubagentQuery};

/// Subagents in an answer when the caller names no limit.
const PAGE: u32 = 200;
/// Most in one answer, besides those that are not over.
const MOST: u32 = 2000;

/// A session's own, unless it names others that it may see. Those that are not over are always among
/// them, whatever their age.
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
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let filter = rows::Filter { parent, project, before: query.before };
    let page = world.store.read(move |db| rows::list(db, &filter, limit));
    let (found, has_more) = page.await?;
    let first = found.iter().find(|one| one.ended_at.is_some()).map(|one| one.new.id.clone());
    let subagents = found.iter().map(|subagent| super::view::view(world, subagent)).collect();
    Ok(SubagentList { subagents, next_before: first.filter(|_| has_more) })
}
