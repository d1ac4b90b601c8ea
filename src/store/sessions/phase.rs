//! The one writer of a session's phase, and of its generation.

use serde_json::{Value, json};

use crate::model::ids::{Generation, SessionId};
use crate::model::session::{ActivityFact, Phase, PhaseEvent, Signals, Step, with_start};
use crate::store::{Change, StoreError};

use super::read::expect;
use super::record::Session;

/// What a new generation is launched with.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The agent's name.
    pub agent: String,
    /// JSON of the agent choice.
    pub choice: String,
    /// SHA-256 of the generation's token, in hex.
    pub token_hash: String,
}

/// Applies `event` to the session's phase; returns the session before and the phase after. A
/// change that the lifecycle does not know is an error and changes nothing.
pub fn set_phase(
    change: &Change<'_>,
    id: &SessionId,
    event: PhaseEvent,
) -> Result<(Session, Phase), StoreError> {
    let session = expect(&change.tx, id)?;
    let phase = session.phase.after(event)?;
    if phase == session.phase {
        return Ok((session, phase));
    }
    write_phase(change, &session, &phase)?;
    if phase.is_over() {
        change.tx.execute(
            "UPDATE sessions SET over = 1, ended_at = ?2, token_hash = NULL WHERE id = ?1",
            (id.as_str(), change.now().0),
        )?;
    }
    Ok((session, phase))
}

/// Begins the next generation: its number, its agent, its token. The old token is void from here
/// on, which fences off whatever is left of the old generation. The first steps of a spawn run
/// before it, those of a relaunch after it.
pub fn begin_generation(
    change: &Change<'_>,
    id: &SessionId,
    launch: &Launch,
) -> Result<Generation, StoreError> {
    let session = expect(&change.tx, id)?;
    let phase = session.phase.after(PhaseEvent::Begin(Step::Plan))?;
    let generation = session.generation.next();
    let starts = with_start(&session.starts, change.now());
    change.tx.execute(
        "UPDATE sessions SET generation = ?2, agent = ?3, choice = ?4, token_hash = ?5, over = 0, \
         ended_at = NULL, host_pid = NULL, agent_pid = NULL, report = NULL, activity = NULL, \
         signals = '[]', starts = ?6 WHERE id = ?1",
        (
            id.as_str(),
            generation.0,
            &launch.agent,
            &launch.choice,
            &launch.token_hash,
            serde_json::to_string(&starts).expect("times are plain JSON"),
        ),
    )?;
    let session = Session { generation, ..session };
    write_phase(change, &session, &phase)?;
    Ok(generation)
}

pub(super) fn write_phase(
    change: &Change<'_>,
    session: &Session,
    phase: &Phase,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(phase).expect("a phase is plain JSON");
    change.tx.execute(
        "UPDATE sessions SET phase = ?2, phase_at = ?3, waits = NULL WHERE id = ?1",
        (session.id.as_str(), text, change.now().0),
    )?;
    let mut data = json!({ "generation": session.generation });
    if let Phase::Preparing { step } = phase {
        data["step"] = json!(step);
    }
    if let Some(reason) = phase.end_reason() {
        data["reason"] = Value::String(reason.to_string());
    }
    let kind = format!("session.{}", phase.as_str());
    change.record(&kind, Some(session.project.as_str()), Some(session.id.as_str()), &data)
}

/// The activity as it is stored.
pub(super) fn activity_json(fact: &ActivityFact) -> String {
    serde_json::to_string(fact).expect("an activity is plain JSON")
}

/// What each source says, as it is stored.
pub(super) fn signals_json(signals: &Signals) -> String {
    let facts: Vec<&ActivityFact> = signals.facts().collect();
    serde_json::to_string(&facts).expect("activities are plain JSON")
}
