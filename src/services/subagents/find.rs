//! One subagent.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::subagents::{self as rows, Subagent};
use crate::wire::subagent::SubagentAnswer;

/// How it stands; never its result.
pub async fn find(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<SubagentAnswer, ServiceError> {
    let subagent = allowed(world, request, id).await?;
    Ok(SubagentAnswer { subagent: super::view::view(world, &subagent) })
}

pub(super) async fn load(world: &World, id: &str) -> Result<Subagent, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| rows::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::NotFound { what: "subagent", id: id.to_owned() })
}

/// It is its parent's, and the orchestrator's and the person's.
pub(super) async fn allowed(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<Subagent, ServiceError> {
    let subagent = load(world, id).await?;
    let project = ProjectId::parse(subagent.new.project.clone())?;
    let author = Some(subagent.new.parent.as_str());
    let target = Target { project: Some(&project), session: None, author };
    request.allow(world, Verb::Delegate, target).await?;
    Ok(subagent)
}
