//! Asks a project's orchestrator to answer, where the project lets it.

use crate::model::message::{Policy, fence};
use crate::model::session::Kind;
use crate::services::{ServiceError, World, messages, secret};
use crate::store::permits::{self, Permit};
use crate::store::projects::Project;
use crate::store::sessions::orchestrator_of;
use crate::store::{Change, Origin};

/// Sends the orchestrator a message, unless it is the one that asks, or does not live.
pub(super) async fn orchestrator(
    world: &World,
    project: &Project,
    permit: &Permit,
) -> Result<(), ServiceError> {
    let id = project.id.to_string();
    let Some(orchestrator) = world.store.read(move |db| orchestrator_of(db, &id)).await? else {
        return Ok(());
    };
    let is_itself = orchestrator.id.as_str() == permit.session;
    if is_itself || orchestrator.phase.is_over() || orchestrator.kind != Kind::Orchestrator {
        return Ok(());
    }
    let Permit { id, session, tool, subject, .. } = permit;
    // The words are a model's: they must not pass for ao's.
    let words = fence(&secret::mark(subject), &format!("what {session} asks leave for"), subject);
    let tool: String = tool.chars().filter(|c| !c.is_control()).take(80).collect();
    let text = format!(
        "{session} asks leave to use {tool}, request {id}:\n{words}\nAnswer with `ao permit allow \
         {id}` or `ao permit deny {id} --message WHY`, if you can judge it; else leave it to the \
         person."
    );
    let origin = Origin { request_id: None, now: world.now() };
    let message = messages::note(world, origin, &orchestrator, &text, Policy::Immediate).await?;
    let (permit, message) = (id.clone(), message.id.to_string());
    let origin = Origin { request_id: None, now: world.now() };
    let keep = move |change: &Change<'_>| permits::set_notice(change, &permit, &message);
    Ok(world.store.write(origin, keep).await?)
}
