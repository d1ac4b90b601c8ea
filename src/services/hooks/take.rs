//! One event, told by an agent's hook.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, messages, permits, sessions};
use crate::store::sessions::Session;
use crate::wire::hook::{Hook, HookAnswer};

use super::apply::{Asked, Taken, apply, is_event};

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
    let given = hook.event == "context-given";
    let asks = (hook.event == "permission-asked").then(|| hook.data.clone());
    let origin = request.origin(world.now());
    let taken = apply(world, origin, &session, vec![hook], asked(world, &session)).await;
    // Also what was replayed may be news, whatever became of this.
    world.dispatch.wake(world, &session.id);
    let Taken { mut answer, mail } = taken?.pop().unwrap_or_default();
    if let Some(message) = mail {
        answer.context = messages::hand_over(world, &session, &message).await?;
        answer.message = answer.context.is_some().then(|| message.id.to_string());
    }
    if let Some(asked) = asks {
        answer = permits::ask(world, &session, &asked).await?;
    }
    if given {
        messages::seek_evidence(world, &session);
    }
    Ok(answer)
}

/// At which boundaries the agent's manifest says that it takes something.
fn asked(world: &World, session: &Session) -> Asked {
    let catalog = world.catalog();
    let channels = catalog.get(&session.agent).map(|manifest| manifest.channels.hook.clone());
    Asked::Now(channels.unwrap_or_default())
}
