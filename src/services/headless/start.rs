//! Starts a task.

use std::sync::Arc;

use crate::services::{Request, ServiceError, World, projects, sessions};
use crate::wire::session::{Spawn, SpawnAnswer};

/// Starts the task in a session of its own and returns once its agent runs, or waits for room where
/// `spawn.queue` says so. The same `request.key` gives the same session, also after a crash.
pub async fn start(
    world: &Arc<World>,
    request: &Request,
    spawn: Spawn,
) -> Result<SpawnAnswer, ServiceError> {
    check(&spawn)?;
    sessions::spawn(world, request, spawn).await
}

/// The same for a caller whose right to it was asked already, in a way of its own: a worker may
/// have background subagents, though it may spawn nothing else.
pub async fn start_allowed(
    world: &Arc<World>,
    request: &Request,
    spawn: Spawn,
) -> Result<SpawnAnswer, ServiceError> {
    check(&spawn)?;
    let project = projects::load(world, &spawn.project).await?;
    sessions::make(world, request, project, spawn).await
}

fn check(spawn: &Spawn) -> Result<(), ServiceError> {
    let usage = |text: &str| Err(ServiceError::Usage(text.to_owned()));
    let Some(one_shot) = &spawn.one_shot else {
        return usage("it is no task: one_shot is missing");
    };
    if spawn.prompt.as_ref().is_none_or(|prompt| prompt.trim().is_empty()) {
        return usage("a task needs a prompt");
    }
    if one_shot.folder.is_some() && (spawn.branch.is_some() || spawn.base.is_some() || spawn.fetch)
    {
        return usage("a task in a folder that is there has no branch of its own");
    }
    Ok(())
}
