//! A task that is somebody's single attempt at something: the same for the same key, however often
//! and by whichever supervisor it is asked for.

use std::sync::Arc;

use crate::services::{Request, ServiceError, World, sessions};
use crate::wire::clean::Clean;
use crate::wire::session::Spawn;

/// How often one that was undone before its agent ran, by a crash of ours, is made anew.
const ANEW: u32 = 5;

/// Starts the task, or finds what was started for it; returns its session's id.
pub async fn start_once(
    world: &Arc<World>,
    key: &str,
    spawn: &Spawn,
) -> Result<String, ServiceError> {
    let mut last = None;
    for anew in 0..ANEW {
        let key = format!("{key} {anew}");
        let request = Request { key: Some(key), ..Request::of_supervisor() };
        match super::start(world, &request, spawn.clone()).await {
            Ok(answer) => return Ok(answer.session.id),
            Err(error @ ServiceError::NotFound { what: "session", .. }) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.expect("each turn leaves an error"))
}

/// Ends the task, also where it was asked for and its id was never told.
pub async fn cancel_once(world: &Arc<World>, key: &str, spawn: &Spawn) -> Result<(), ServiceError> {
    let id = start_once(world, key, spawn).await?;
    super::cancel(world, &id).await?;
    if is_isolated(spawn) {
        tidy(world, &id).await?;
    }
    Ok(())
}

/// Whether the task has a worktree of its own.
#[must_use]
pub fn is_isolated(spawn: &Spawn) -> bool {
    spawn.one_shot.as_ref().is_some_and(|task| task.folder.is_none())
}

/// Takes the session's worktree away where nothing was left in it; else its branch, and a line for
/// people.
pub async fn tidy(world: &Arc<World>, id: &str) -> Result<Option<(String, String)>, ServiceError> {
    let session = sessions::load(world, id).await?;
    let request = Request::of_supervisor();
    let look = sessions::clean(world, &request, id, Clean::default()).await?;
    if look.verdict == "gone" {
        return Ok(None);
    }
    if look.verdict == "remove" && look.items.iter().all(|item| item.fate == "removed") {
        let apply = Clean { apply: true, discard: false };
        if sessions::clean(world, &request, id, apply).await?.removed {
            return Ok(None);
        }
    }
    let line =
        format!("{id} kept its worktree {} on the branch {}", session.worktree, session.branch);
    Ok(Some((session.branch, line)))
}

/// The permission mode for an agent that may do only this: the narrower one, where none fits
/// exactly; the agent's own where nothing is said.
#[must_use]
pub fn permission(
    world: &World,
    agent: Option<&str>,
    capabilities: Option<&[String]>,
) -> Option<String> {
    let capabilities = capabilities?;
    let catalog = world.catalog();
    let modes = &catalog.get(agent?).ok()?.permissions;
    let reads = capabilities.iter().all(|name| name == "read" || name == "search");
    // A `deny` beside an `edits` refuses edits; without one it is a sandbox that takes them.
    let order = match (reads, modes.contains_key("edits")) {
        (true, true) => ["deny", "plan"],
        (true, false) => ["plan", "deny"],
        (false, true) => ["edits", "deny"],
        (false, false) => ["deny", "plan"],
    };
    order.into_iter().find(|mode| modes.contains_key(*mode)).map(str::to_owned)
}
