//! Makes facts of events.

use serde_json::Value;

use crate::model::ids::Timestamp;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::services::messages::{self, Receipt};
use crate::services::{ServiceError, World};
use crate::store::sessions::{self as rows, Session};
use crate::store::{Change, Origin, StoreError, hook_events};
use crate::wire::hook::{Hook, HookAnswer};

/// Takes in the events of the session's generation, in their order, all of them or none; returns
/// the answer to each. Doing so again changes nothing: facts of a later moment stand, and an event
/// with an id counts once.
pub(super) async fn apply(
    world: &World,
    origin: Origin,
    session: &Session,
    hooks: Vec<Hook>,
) -> Result<Vec<HookAnswer>, ServiceError> {
    let (id, generation) = (session.id.clone(), session.generation);
    let answers = world
        .store
        .write(origin, move |change| {
            let mut answers = Vec::with_capacity(hooks.len());
            for hook in &hooks {
                let Some(session) = rows::find(change.db(), id.as_str())? else { continue };
                let speaks = session.generation == generation && generation.0 == hook.generation;
                answers.push(if speaks {
                    one(change, &session, hook)?
                } else {
                    HookAnswer::default()
                });
            }
            Ok(answers)
        })
        .await?;
    Ok(answers)
}

fn one(change: &Change<'_>, session: &Session, hook: &Hook) -> Result<HookAnswer, StoreError> {
    // A clock that was set back must not make this the last word for hours.
    let at = hook.at.and_then(|at| i64::try_from(at).ok()).map_or(change.now(), Timestamp);
    let at = at.min(change.now());
    let is_new = match &hook.id {
        Some(event) if is_counted(&hook.event) => {
            hook_events::remember(change, &session.id, event)?
        }
        _ => true,
    };
    if !is_new {
        return Ok(HookAnswer::default());
    }
    if ends_another(session, hook) {
        return Ok(HookAnswer::default());
    }
    let answer = evidence(change, session, &hook.event, &hook.data)?;
    let blocked = answer.decision.is_some();
    if let Some(activity) = activity(&hook.event, session).filter(|_| !blocked) {
        let fact = ActivityFact { activity, source: ActivitySource::Hook, at };
        rows::set_activity(change, &session.id, session.generation, &fact)?;
    }
    Ok(answer)
}

/// Events whose second taking would count for another message.
fn is_counted(event: &str) -> bool {
    matches!(event, "prompt-submitted" | "turn-ended")
}

pub(super) fn is_event(event: &str) -> bool {
    matches!(
        event,
        "session-started"
            | "prompt-submitted"
            | "tool-started"
            | "tool-ended"
            | "permission-asked"
            | "permission-settled"
            | "turn-ended"
            | "session-ended"
    )
}

/// What the agent does after an event.
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

/// Whether the end is that of a conversation that is not the session's: an agent that resumes one
/// may open another first and throw it away.
fn ends_another(session: &Session, hook: &Hook) -> bool {
    let ended = hook.data.get("conversation_id").and_then(Value::as_str);
    hook.event == "session-ended"
        && ended.is_some_and(|id| session.conversation.as_deref().is_some_and(|own| own != id))
}

/// The agent is in this conversation now; that of another session stays that session's.
fn follow_conversation(change: &Change<'_>, session: &Session, id: &str) -> Result<(), StoreError> {
    if rows::set_conversation(change, &session.id, id)? {
        return Ok(());
    }
    let data = serde_json::json!({ "conversation": id });
    let (project, session) = (session.project.as_str(), session.id.as_str());
    change.record("session.conversation_taken", Some(project), Some(session), &data)
}

/// The facts that an event carries beside the activity, and what the agent is to be told.
fn evidence(
    change: &Change<'_>,
    session: &Session,
    event: &str,
    data: &Value,
) -> Result<HookAnswer, StoreError> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    match event {
        "session-started" => {
            if let Some(id) = text("conversation_id") {
                follow_conversation(change, session, id)?;
            }
        }
        "prompt-submitted" => {
            rows::set_awaits_prompt(change, &session.id, false)?;
            rows::set_conversation_begun(change, &session.id)?;
            let prompt = text("text").unwrap_or_default();
            if messages::receipt(change, session, prompt)? == Receipt::Repeated {
                return Ok(HookAnswer {
                    decision: Some("block".to_owned()),
                    reason: Some("this message has been submitted before".to_owned()),
                    context: None,
                });
            }
        }
        "turn-ended" => messages::answered(change, session, text("text"))?,
        _ => {}
    }
    Ok(HookAnswer::default())
}
