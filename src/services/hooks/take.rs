//! One event, told by an agent's hook.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, sessions};
use crate::wire::hook::{Hook, HookAnswer};

use super::apply::{apply, is_event};

/// Longest id of an event, in bytes.
const LONGEST_ID: usize = 64;

/// Takes an event from the agent of the session's current generation.
pub async fn take(
    world: &World,
    request: &Request,
    id: &str,
    hook: Hook,
) -> Result<HookAnswer, ServiceError> {
    let session = sessions::load(world, id).await?;
    request.allow(world, Verb::Hook, session.target()).await?;
    if session.generation.0 != hook.generation {
        let text = format!(
            "generation {} speaks, {} is at generation {}",
            hook.generation, session.id, session.generation
        );
        return Err(ServiceError::Usage(text));
    }
    if !is_event(&hook.event) {
        return Err(ServiceError::Usage(format!("{:?} is not an event of a hook", hook.event)));
    }
    if hook.id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
        return Err(ServiceError::Usage("the id of the event is too long".to_owned()));
    }
    // What was kept while nobody answered came before this.
    super::replay(world, &session).await?;
    let answers = apply(world, request.origin(world.now()), &session, vec![hook]).await;
    // Also what was replayed may be news, whatever became of this.
    world.dispatch.wake(world, &session.id);
    Ok(answers?.pop().unwrap_or_default())
}
