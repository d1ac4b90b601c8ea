//! One event of an agent's hook.

use serde_json::Value;

use crate::model::ids::Timestamp;
use crate::model::rights::Verb;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::services::messages::{self, Receipt};
use crate::services::{Request, ServiceError, World, lanes, sessions, traces};
use crate::store::sessions::{self as rows, Session};
use crate::store::{Change, Origin, StoreError};
use crate::wire::hook::{Hook, HookAnswer};

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
    // What was kept while nobody answered came before this.
    super::replay(world, &session).await?;
    let now = world.now();
    apply(world, request.origin(now), &session, hook.event, hook.data, now).await
}

/// Makes facts of an event that happened at `at`. Doing so again changes nothing: facts of a later
/// moment stand, a receipt is given once.
pub(super) async fn apply(
    world: &World,
    origin: Origin,
    session: &Session,
    event: String,
    data: Value,
    at: Timestamp,
) -> Result<HookAnswer, ServiceError> {
    let (id, generation) = (session.id.clone(), session.generation);
    let recipient = id.clone();
    let mut trace = trace(world, session, &event, &data, at).await?;
    let transcripts = std::mem::take(&mut trace.transcripts);
    let answer = world
        .store
        .write(origin, move |change| {
            let Some(session) = rows::find(change.db(), id.as_str())? else {
                return Ok(HookAnswer::default());
            };
            if session.generation != generation {
                return Ok(HookAnswer::default());
            }
            traces::apply(change, &session, trace)?;
            let answer = evidence(change, &session, &event, &data)?;
            let blocked = answer.decision.is_some();
            if let Some(activity) = activity(&event, &session).filter(|_| !blocked) {
                let fact = ActivityFact { activity, source: ActivitySource::Hook, at };
                rows::set_activity(change, &id, generation, &fact)?;
            }
            Ok(answer)
        })
        .await?;
    world.dispatch.wake(world, &recipient);
    for transcript in transcripts {
        world.transcripts.changed(&recipient, transcript);
    }
    Ok(answer)
}

/// What the event says of tool calls; large bodies are on disk when this returns.
async fn trace(
    world: &World,
    session: &Session,
    event: &str,
    data: &Value,
    at: Timestamp,
) -> Result<traces::HookTrace, ServiceError> {
    let Some(shared) = world.shared() else { return Err(lanes::CutOff.into()) };
    let (session, event, data) = (session.clone(), event.to_owned(), data.clone());
    let work = move || traces::of_hook(&shared, &session, &event, &data, at);
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| lanes::CutOff)?)
}

fn is_event(event: &str) -> bool {
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
