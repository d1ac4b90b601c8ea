//! Makes facts of events.

use serde_json::Value;

use crate::model::ids::Timestamp;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::services::messages::{self, Receipt};
use crate::services::traces::{self, HookTrace};
use crate::services::{ServiceError, World, lanes};
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
    let told = digest(world, origin.now, session, hooks).await?;
    let transcripts: Vec<_> = told.iter().flat_map(|told| told.trace.transcripts.clone()).collect();
    let answers = world
        .store
        .write(origin, move |change| {
            let mut answers = Vec::with_capacity(told.len());
            for Told { hook, at, trace } in told {
                let Some(session) = rows::find(change.db(), id.as_str())? else { continue };
                let speaks = session.generation == generation && generation.0 == hook.generation;
                answers.push(if speaks {
                    one(change, &session, &hook, at, trace)?
                } else {
                    HookAnswer::default()
                });
            }
            Ok(answers)
        })
        .await?;
    for transcript in transcripts {
        world.transcripts.changed(&session.id, transcript);
    }
    Ok(answers)
}

/// An event, when it happened, and what it says of tool calls.
struct Told {
    hook: Hook,
    at: Timestamp,
    trace: HookTrace,
}

/// Takes the events apart; their large bodies are on disk when this returns.
async fn digest(
    world: &World,
    now: Timestamp,
    session: &Session,
    hooks: Vec<Hook>,
) -> Result<Vec<Told>, ServiceError> {
    let Some(shared) = world.shared() else { return Err(lanes::CutOff.into()) };
    let session = session.clone();
    let told = tokio::task::spawn_blocking(move || {
        let digest = |hook: Hook| {
            // A clock that was set back must not make this the last word for hours.
            let at = hook.at.and_then(|at| i64::try_from(at).ok()).map_or(now, Timestamp).min(now);
            let trace = traces::of_hook(&shared, &session, &hook, at);
            Told { hook, at, trace }
        };
        hooks.into_iter().map(digest).collect()
    });
    Ok(told.await.map_err(|_| lanes::CutOff)?)
}

fn one(
    change: &Change<'_>,
    session: &Session,
    hook: &Hook,
    at: Timestamp,
    trace: HookTrace,
) -> Result<HookAnswer, StoreError> {
    let is_new = match &hook.id {
        Some(event) if is_counted(&hook.event) => {
            hook_events::remember(change, &session.id, event)?
        }
        _ => true,
    };
    if !is_new {
        return Ok(HookAnswer::default());
    }
    traces::apply(change, session, trace)?;
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
                rows::set_conversation(change, &session.id, id)?;
            }
        }
        "prompt-submitted" => {
            rows::set_awaits_prompt(change, &session.id, false)?;
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
