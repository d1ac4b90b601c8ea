//! A session's messages, or a project's.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::messages;
use crate::wire::message::{ListQuery, MessageList};

/// Messages in an answer when the caller names no limit.
const PAGE: u32 = 200;
/// Most messages in one answer.
const MOST: u32 = 10_000;

/// The newest messages for the session `id`, oldest first.
pub async fn list(
    world: &World,
    request: &Request,
    id: &str,
    query: ListQuery,
) -> Result<MessageList, ServiceError> {
    let session = super::recipient::resolve(world, request, id, None).await?;
    let target = session.target();
    request.allow(world, Verb::ReadOutput, target).await?;
    page(world, Some(session.id.to_string()), None, query).await
}

/// The newest messages of a project, or of all.
pub async fn list_all(
    world: &World,
    request: &Request,
    project: Option<&str>,
    query: ListQuery,
) -> Result<MessageList, ServiceError> {
    let own = request.caller.member().map(|member| member.project.to_string());
    let project = match project.map(str::to_owned).or(own) {
        Some(id) => Some(projects::load(world, &id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadOutput, target).await?;
    page(world, None, project.map(|id| id.to_string()), query).await
}

async fn page(
    world: &World,
    recipient: Option<String>,
    project: Option<String>,
    query: ListQuery,
) -> Result<MessageList, ServiceError> {
    let limit = query.limit.unwrap_or(PAGE).min(MOST);
    let found = world
        .store
        .read(move |db| {
            let (recipient, project) = (recipient.as_deref(), project.as_deref());
            messages::list(db, recipient, project, query.state.as_deref(), limit)
        })
        .await?;
    Ok(MessageList { messages: found.iter().map(|message| super::view(message, false)).collect() })
}
