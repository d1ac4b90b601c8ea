//! A session as it looks on the wire.

use crate::model::ids::Timestamp;
use crate::model::session::{ActivityFact, Phase, StatusView, derive};
use crate::model::work::RemovalState;
use crate::services::{ServiceError, World};
use crate::store::messages::{self, Counts};
use crate::store::notices;
use crate::store::sessions::{self, Session};
use crate::wire::session::{InboxView, ReportView, SessionView, SignalView};
use crate::wire::time::{age_s, rfc3339};

/// The sessions as they look on the wire, read in one go.
pub async fn views(
    world: &World,
    sessions: Vec<Session>,
) -> Result<Vec<SessionView>, ServiceError> {
    let now = world.now();
    let read = world.store.read(move |db| {
        let mut orchestrators = std::collections::HashMap::new();
        let mut views = Vec::with_capacity(sessions.len());
        for session in sessions {
            let project = session.project.to_string();
            if !orchestrators.contains_key(&project) {
                let found = sessions::orchestrator_of(db, &project)?;
                orchestrators.insert(project.clone(), found.map(|s| s.id.to_string()));
            }
            let Counts { queued, held } = messages::counts(db, session.id.as_str())?;
            let reports = notices::count_waiting(db, session.id.as_str())?;
            let inbox = InboxView { queued, held, reports };
            views.push((session, inbox, orchestrators[&project].clone()));
        }
        Ok(views)
    });
    let rows = read.await?;
    Ok(rows
        .into_iter()
        .map(|(session, inbox, orchestrator)| SessionView {
            orchestrator,
            ..plain(&session, inbox, now)
        })
        .collect())
}

/// One session as it looks on the wire.
pub async fn view(world: &World, session: Session) -> Result<SessionView, ServiceError> {
    let mut views = views(world, vec![session]).await?;
    Ok(views.pop().expect("one session gives one view"))
}

/// The session's row as it is now, on the wire.
pub async fn view_of(world: &World, id: &str) -> Result<SessionView, ServiceError> {
    let session = super::load(world, id).await?;
    view(world, session).await
}

fn plain(session: &Session, inbox: InboxView, now: Timestamp) -> SessionView {
    let StatusView { status, source, at, reason, doubt } = derive(&session.status_facts(now));
    let alive = matches!(session.phase, Phase::Live | Phase::Ending { .. });
    let processes = session.processes.as_ref().filter(|_| alive);
    SessionView {
        id: session.id.to_string(),
        kind: session.kind.as_str().to_owned(),
        project: session.project.to_string(),
        orchestrator: None,
        label: session.label.clone(),
        agent: session.agent.clone(),
        generation: session.generation.0,
        mode: if session.one_shot.is_some() { "headless" } else { "interactive" }.to_owned(),
        phase: session.phase.as_str().to_owned(),
        status: status.as_str().to_owned(),
        status_source: source.to_owned(),
        status_age_s: age_s(now, at),
        status_reason: reason,
        status_doubt: doubt,
        untried_version: session.untried_version.clone(),
        signals: signals(session, now),
        agent_pid: processes.map(|p| p.agent.pid),
        host_pid: processes.map(|p| p.host.pid),
        branch: session.branch.clone(),
        base: session.base.clone(),
        worktree: session.worktree.clone(),
        issue: session.issue.clone(),
        spawned_by: session.spawned_by.clone(),
        inbox,
        report: session.report.as_ref().map(|report| ReportView {
            state: report.state.as_str().to_owned(),
            note: report.note.clone(),
            at: rfc3339(report.at),
        }),
        created_at: rfc3339(session.created_at),
        ended_at: session.ended_at.map(rfc3339),
        end_reason: session.phase.end_reason().map(ToString::to_string),
        cleaned_at: cleaned_at(session).map(rfc3339),
        pane: session.pane.clone(),
    }
}

/// What each source last said of a live session's agent, the best first.
fn signals(session: &Session, now: Timestamp) -> Vec<SignalView> {
    let alive = matches!(session.phase, Phase::Live);
    let signal = |fact: &ActivityFact| SignalView {
        source: fact.source.as_str().to_owned(),
        says: fact.activity.as_str().to_owned(),
        age_s: age_s(now, fact.at),
    };
    session.signals.facts().filter(|_| alive).map(signal).collect()
}

fn cleaned_at(session: &Session) -> Option<Timestamp> {
    let removal = session.removal.as_ref()?;
    (removal.state == RemovalState::Removed).then_some(removal.at)
}
