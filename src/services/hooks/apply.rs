//! Makes facts of events, and finds what goes to the agent with the answers.

use serde_json::Value;

use crate::model::breaker::limited_until;
use crate::model::ids::Timestamp;
use crate::model::message::Boundary;
use crate::model::session::{Activity, ActivityFact, ActivitySource};
use crate::services::messages::{self, Receipt};
use crate::services::permits;
use crate::services::traces::{self, HookTrace};
use crate::services::{ServiceError, World, lanes};
use crate::store::hook_channels::{self, HookChannel};
use crate::store::messages::Message;
use crate::store::sessions::{self as rows, Session};
use crate::store::{Change, Origin, StoreError, hook_events};
use crate::wire::hook::{Hook, HookAnswer};

/// Whether somebody waits for the answers to events.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// The hook does. Its agent takes something from the answer at these boundaries, and at those
    /// that it named itself.
    Now(Vec<Boundary>),
    /// The hook has gone on without one.
    Before,
}

/// What an event comes to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What the hook is told.
    pub answer: HookAnswer,
    /// The message whose text goes with that; its intent is journaled.
    pub mail: Option<Message>,
}

impl From<HookAnswer> for Taken {
    fn from(answer: HookAnswer) -> Self {
        Self { answer, mail: None }
    }
}

/// Takes in the events of the session's generation, in their order, all of them or none; returns
/// what each comes to. Doing so again changes nothing: facts of a later moment stand, and an event
/// with an id counts once.
pub(super) async fn apply(
    world: &World,
    origin: Origin,
    session: &Session,
    hooks: Vec<Hook>,
    asked: Asked,
) -> Result<Vec<Taken>, ServiceError> {
    let (id, generation) = (session.id.clone(), session.generation);
    let told = digest(world, origin.now, session, hooks).await?;
    let manifests = world.catalog();
    let seen = manifests.get(&session.agent).is_ok_and(|manifest| manifest.is_seen_to_be_ready());
    let transcripts: Vec<_> = told.iter().flat_map(|told| told.trace.transcripts.clone()).collect();
    let answers = world
        .store
        .write(origin, move |change| {
            let mut answers = Vec::with_capacity(told.len());
            for Told { hook, at, trace } in told {
                let Some(session) = rows::find(change.db(), id.as_str())? else { continue };
                let speaks = session.generation == generation && generation.0 == hook.generation;
                answers.push(if speaks {
                    one(change, &session, Told { hook, at, trace }, &asked, seen)?
                } else {
                    Taken::default()
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

/// `seen`: that the agent is ready is seen on its screen.
fn one(
    change: &Change<'_>,
    session: &Session,
    Told { hook, at, trace }: Told,
    asked: &Asked,
    seen: bool,
) -> Result<Taken, StoreError> {
    let hook = &hook;
    if let (Asked::Before, Some(event)) = (asked, &hook.id) {
        messages::not_handed(change, session, event)?;
    }
    let is_new = match &hook.id {
        Some(event) if is_counted(&hook.event) => {
            hook_events::remember(change, &session.id, event)?
        }
        _ => true,
    };
    if !is_new {
        return Ok(Taken::default());
    }
    if ends_another(session, hook) {
        return Ok(Taken::default());
    }
    traces::apply(change, session, trace)?;
    let answer = evidence(change, session, &hook.event, &hook.data, at)?;
    let mail = match asked {
        Asked::Now(boundaries) => mail(change, session, hook, boundaries)?,
        Asked::Before => None,
    };
    let blocked = answer.decision.is_some();
    let activity = match mail {
        // It goes on with that.
        Some(_) => Some(Activity::Working),
        None => activity(&hook.event, session, seen).filter(|_| !blocked),
    };
    let background = background(session, hook);
    if let Some(activity) = activity {
        let fact =
            ActivityFact { background, ..ActivityFact::new(activity, ActivitySource::Hook, at) };
        rows::set_activity(change, &session.id, session.generation, &fact)?;
    }
    Ok(Taken { answer, mail })
}

/// The message that goes with the answer, if the agent takes one at this moment.
fn mail(
    change: &Change<'_>,
    session: &Session,
    hook: &Hook,
    boundaries: &[Boundary],
) -> Result<Option<Message>, StoreError> {
    let boundary = match hook.event.as_str() {
        "tool-ended" => Boundary::Tool,
        "turn-ended" => Boundary::Turn,
        _ => return Ok(None),
    };
    let is_tried = session.untried_version.is_none();
    if !is_tried || hook.data.get("takes_context") == Some(&Value::Bool(false)) {
        return Ok(None);
    }
    let takes = boundaries.contains(&boundary) || {
        let said = hook_channels::find(change.db(), session.id.as_str(), session.generation)?;
        said.boundaries.contains(&boundary)
    };
    if !takes {
        return Ok(None);
    }
    messages::claim(change, session, boundary, hook.id.as_deref())
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
            | "question-asked"
            | "subagent-ended"
            | "compacted"
            | "context-given"
    )
}

/// What the agent does after an event.
fn activity(event: &str, session: &Session, seen: bool) -> Option<Activity> {
    Some(match event {
        "session-started" if seen => return None,
        // An agent that was launched with a prompt takes that up first.
        "session-started" if session.awaits_prompt => Activity::Starting,
        "session-started" | "turn-ended" => Activity::Idle,
        "prompt-submitted" | "tool-started" | "tool-ended" | "permission-settled" => {
            Activity::Working
        }
        "permission-asked" => Activity::NeedsPermission,
        "question-asked" => Activity::NeedsInput,
        // One that worked in the background of an agent that takes prompts again.
        "subagent-ended" if waits_for(session) > 0 => Activity::Idle,
        "session-ended" => Activity::Unknown,
        _ => return None,
    })
}

/// How many subagents work on after an event: the end of a turn tells, and the end of one that was
/// told of is one less.
fn background(session: &Session, hook: &Hook) -> u32 {
    let told = hook.data.get("background").and_then(Value::as_u64);
    match hook.event.as_str() {
        "turn-ended" => told.and_then(|count| count.try_into().ok()).unwrap_or(0),
        "subagent-ended" => waits_for(session).saturating_sub(1),
        _ => 0,
    }
}

/// How many subagents an idle agent has at work.
fn waits_for(session: &Session) -> u32 {
    let idle = session.activity.filter(|fact| fact.activity == Activity::Idle);
    idle.map_or(0, |fact| fact.background)
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
    at: Timestamp,
) -> Result<HookAnswer, StoreError> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    permits::note(change, session.id.as_str(), event, text("call_id"))?;
    match event {
        "session-started" => {
            if let Some(id) = text("conversation_id") {
                follow_conversation(change, session, id)?;
            }
            let said = said(data);
            hook_channels::set(change, &session.id, session.generation, &said)?;
        }
        "context-given" => {
            messages::handed(change, session, text("message").unwrap_or_default())?;
        }
        "prompt-submitted" => {
            rows::set_awaits_prompt(change, &session.id, false)?;
            rows::set_conversation_begun(change, &session.id)?;
            let prompt = text("text").unwrap_or_default();
            if messages::receipt(change, session, prompt)? == Receipt::Repeated {
                return Ok(HookAnswer {
                    decision: Some("block".to_owned()),
                    reason: Some("this message has been submitted before".to_owned()),
                    ..HookAnswer::default()
                });
            }
        }
        "turn-ended" => {
            let said = text("text").unwrap_or_default();
            let limited = text("error").and_then(|error| limited_until(error, said, at));
            rows::set_limited_until(change, &session.id, limited)?;
            messages::answered(change, session, text("text"))?;
        }
        _ => {}
    }
    Ok(HookAnswer::default())
}

/// What an agent says of its hooks when it starts.
fn said(data: &Value) -> HookChannel {
    let words = data.get("takes_context").and_then(Value::as_array);
    let word = |value: &Value| value.as_str().and_then(Boundary::parse);
    HookChannel {
        boundaries: words.map(|words| words.iter().filter_map(word).collect()).unwrap_or_default(),
        transcript: data.get("transcript").and_then(Value::as_str).map(Into::into),
    }
}
