//! The other facts about a session, each with its one writer.

use serde_json::json;

use crate::model::ids::{Generation, SessionId, Timestamp};
use crate::model::session::{ActivityFact, ReportFact};
use crate::model::work::{Removal, RemovalState};
use crate::store::{Change, StoreError};

use super::phase::{activity_json, signals_json};
use super::read::expect;
use super::record::{Processes, Session};

/// The commit that the session's branch was made from.
pub fn set_base(change: &Change<'_>, id: &SessionId, base: &str) -> Result<(), StoreError> {
    update(change, id, "base", Some(base))
}

/// Where the agent keeps this conversation; never dropped, only replaced. One that another session
/// has is not taken: two agents in one conversation would overwrite each other. Returns whether it
/// is this session's now.
pub fn set_conversation(
    change: &Change<'_>,
    id: &SessionId,
    conversation: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sessions WHERE conversation = ?2 AND id <> ?1)";
    let row = (id.as_str(), conversation);
    if change.tx.prepare_cached(sql)?.query_row(row, |row| row.get(0))? {
        return Ok(false);
    }
    let sql = "UPDATE sessions SET conversation = ?2, conversation_of = NULL \
               WHERE id = ?1 AND conversation IS NOT ?2";
    change.tx.prepare_cached(sql)?.execute(row)?;
    Ok(true)
}

/// The session's agent has something in its conversation that can be resumed.
pub fn set_conversation_begun(change: &Change<'_>, id: &SessionId) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET conversation_of = agent \
               WHERE id = ?1 AND conversation IS NOT NULL AND conversation_of IS NOT agent";
    change.tx.prepare_cached(sql)?.execute([id.as_str()])?;
    Ok(())
}

/// Whether the agent was launched with a prompt that it has not taken up yet.
pub fn set_awaits_prompt(
    change: &Change<'_>,
    id: &SessionId,
    awaits: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET awaits_prompt = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id.as_str(), awaits))?;
    Ok(())
}

/// Until when the agent's model takes nothing more.
pub fn set_limited_until(
    change: &Change<'_>,
    id: &SessionId,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET limited_until = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id.as_str(), until.map(|until| until.0)))?;
    Ok(())
}

/// The version of the launch's agent, if nobody has tried it.
pub fn set_untried_version(
    change: &Change<'_>,
    id: &SessionId,
    version: Option<&str>,
) -> Result<(), StoreError> {
    update(change, id, "untried_version", version)
}

/// `open`, `closed` or `none`.
pub fn set_pane(change: &Change<'_>, session: &Session, pane: &str) -> Result<(), StoreError> {
    update(change, &session.id, "pane", Some(pane))?;
    let (project, id) = (session.project.as_str(), session.id.as_str());
    change.record("session.pane", Some(project), Some(id), &json!({ "pane": pane }))
}

/// Host and agent of the session's generation, as the host reported them.
pub fn set_processes(
    change: &Change<'_>,
    id: &SessionId,
    processes: &Processes,
) -> Result<(), StoreError> {
    let start = |ticks: u64| i64::try_from(ticks).unwrap_or(i64::MAX);
    change.tx.execute(
        "UPDATE sessions SET boot_id = ?2, host_pid = ?3, host_start = ?4, agent_pid = ?5, \
         agent_start = ?6 WHERE id = ?1",
        (
            id.as_str(),
            &processes.boot_id,
            processes.host.pid,
            start(processes.host.start_time),
            processes.agent.pid,
            start(processes.agent.start_time),
        ),
    )?;
    Ok(())
}

/// What a source says that the agent of `generation` does, beside what is believed.
pub fn set_signal(
    change: &Change<'_>,
    id: &SessionId,
    generation: Generation,
    fact: &ActivityFact,
) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    let signals = session.signals.clone().with(fact);
    if session.generation != generation || session.phase.is_over() || signals == session.signals {
        return Ok(());
    }
    update(change, id, "signals", Some(&signals_json(&signals)))
}

/// What the agent of `generation` was seen doing. What its source says is kept in any case; an
/// older generation, or a source that a better one overrules, changes nothing else; returns whether
/// it did.
pub fn set_activity(
    change: &Change<'_>,
    id: &SessionId,
    generation: Generation,
    fact: &ActivityFact,
) -> Result<bool, StoreError> {
    let session = expect(&change.tx, id)?;
    if session.generation != generation || session.phase.is_over() {
        return Ok(false);
    }
    set_signal(change, id, generation, fact)?;
    if session.activity.as_ref().is_some_and(|old| !old.yields_to(fact)) {
        return Ok(false);
    }
    update(change, id, "activity", Some(&activity_json(fact)))?;
    let unchanged = |old: &ActivityFact| {
        old.activity == fact.activity && (old.background > 0) == (fact.background > 0)
    };
    if !session.activity.as_ref().is_some_and(unchanged) {
        let mut data = json!({ "activity": fact.activity, "source": fact.source });
        if fact.background > 0 {
            data["background"] = fact.background.into();
        }
        change.record(
            "session.activity",
            Some(session.project.as_str()),
            Some(id.as_str()),
            &data,
        )?;
    }
    Ok(true)
}

/// What the agent said about itself, with its whole result.
pub fn set_report(
    change: &Change<'_>,
    id: &SessionId,
    report: &ReportFact,
    result: Option<&str>,
) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    let text = serde_json::to_string(report).expect("a report is plain JSON");
    change.tx.execute(
        "UPDATE sessions SET report = ?2, result = coalesce(?3, result) WHERE id = ?1",
        (id.as_str(), text, result),
    )?;
    let data = json!({ "state": report.state, "has_result": result.is_some() });
    change.record("session.report", Some(session.project.as_str()), Some(id.as_str()), &data)
}

/// What the task of a headless session has come to: `data` for the journal, and its result.
pub fn set_outcome(
    change: &Change<'_>,
    id: &SessionId,
    result: Option<&str>,
    data: &serde_json::Value,
) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    if result.is_some() {
        update(change, id, "result", result)?;
    }
    change.record("session.outcome", Some(session.project.as_str()), Some(id.as_str()), data)
}

/// How far the removal of the worktree is; `None`: it has its worktree.
pub fn set_removal(
    change: &Change<'_>,
    id: &SessionId,
    removal: Option<&Removal>,
) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    let text = removal.map(|r| serde_json::to_string(r).expect("a removal is plain JSON"));
    update(change, id, "removal", text.as_deref())?;
    let kind = match removal.map(|removal| removal.state) {
        Some(RemovalState::Removing) => "session.cleaning",
        Some(RemovalState::Removed) => "session.cleaned",
        Some(RemovalState::Restoring) => "session.work_restoring",
        None => "session.work_restored",
    };
    let of = removal.or(session.removal.as_ref());
    let data = json!({ "slot": of.and_then(|removal| removal.slot.as_deref()) });
    change.record(kind, Some(session.project.as_str()), Some(id.as_str()), &data)
}

/// `column` is one of this file's own words, never a caller's.
fn update(
    change: &Change<'_>,
    id: &SessionId,
    column: &'static str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    let sql = format!("UPDATE sessions SET {column} = ?2 WHERE id = ?1");
    change.tx.prepare_cached(&sql)?.execute((id.as_str(), value))?;
    Ok(())
}
