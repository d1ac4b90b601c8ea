//! What an agent's hooks tell: its activity, receipts of prompts, its conversation's id.

use serde_json::Value;

use crate::model::rights::Verb;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::store::sessions::{self, Session};
use crate::store::{Change, StoreError};
use crate::wire::hook::{Hook, HookAnswer};

use super::{Request, ServiceError, World, messages};

/// Takes an event from the agent of the session's current generation.
pub async fn hook(
    world: &World,
    request: &Request,
    id: &str,
    hook: Hook,
) -> Result<HookAnswer, ServiceError> {
    let session = super::sessions::load(world, id).await?;
    request.allow(world, Verb::Hook, session.target()).await?;
    if session.generation.0 != hook.generation {
        let text = format!(
            "generation {} speaks, {} is at generation {}",
            hook.generation, session.id, session.generation
        );
        return Err(ServiceError::Usage(text));
    }
    let Some(activity) = activity(&hook.event, &session) else {
        return Err(ServiceError::Usage(format!("{:?} is not an event of a hook", hook.event)));
    };
    let now = world.now();
    let recipient = session.id.clone();
    world
        .store
        .write(request.origin(now), move |change| {
            let fact = ActivityFact { activity, source: ActivitySource::Hook, at: now };
            sessions::set_activity(change, &session.id, session.generation, &fact)?;
            evidence(change, &session, &hook)
        })
        .await?;
    world.dispatch.wake(world, &recipient);
    Ok(HookAnswer::default())
}

/// What the agent does after an event; nothing for an event that there is not.
fn activity(event: &str, session: &Session) -> Option<Activity> {
    Some(match event {
        // An agent that was launched with a prompt takes that up first.
        "session-started" if session.awaits_prompt => Activity::Starting,
        "session-started" | "turn-ended" => Activity::Idle,
        "prompt-submitted" | "tool-started" | "tool-ended" | "permission-settled" => {
            Activity::Working
        }
        "permission-asked" => Activity::NeedsPermission,
        "session-ended" => Activity::Unknown,
        _ => return None,
    })
}

/// The facts that an event carries beside the activity.
fn evidence(change: &Change<'_>, session: &Session, hook: &Hook) -> Result<(), StoreError> {
    let text = |name: &str| hook.data.get(name).and_then(Value::as_str);
    match hook.event.as_str() {
        "session-started" => match text("conversation_id") {
            Some(id) => sessions::set_conversation(change, &session.id, id),
            None => Ok(()),
        },
        "prompt-submitted" => {
            sessions::set_awaits_prompt(change, &session.id, false)?;
            messages::receipt(change, session, text("text").unwrap_or_default())
        }
        _ => Ok(()),
    }
}
