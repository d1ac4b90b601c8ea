//! What an agent says about itself, and how its orchestrator learns of it.

use crate::model::names::orchestrator_id;
use crate::model::rights::Verb;
use crate::model::session::{Kind, ReportFact, ReportState};
use crate::store::sessions;
use crate::store::sessions::Session;
use crate::wire::message::MessageView;
use crate::wire::session::{Report, ReportAnswer};

use super::{Request, ServiceError, World, messages, projects};

/// Largest result in bytes.
const MAX_RESULT: usize = 4 * 1024 * 1024;
/// Longest note in characters.
const MAX_NOTE: usize = 4000;

/// Records the report of the session `id` and tells the project's orchestrator, where there is one
/// and it is not itself.
pub async fn report(
    world: &World,
    request: &Request,
    id: &str,
    report: Report,
) -> Result<ReportAnswer, ServiceError> {
    let session = super::sessions::load(world, id).await?;
    let Some(state) = ReportState::parse(&report.state) else {
        let text = format!(
            "{:?} is not a report: done, needs-input, stuck, checkpoint or pr-created",
            report.state
        );
        return Err(ServiceError::Usage(text));
    };
    request.allow(world, Verb::Report(state), session.target()).await?;
    check(&report)?;
    let fact = ReportFact { state, note: report.note.clone(), at: world.now() };
    let (row, result) = (session.id.clone(), report.result.clone());
    let stored = fact.clone();
    world
        .store
        .write(request.origin(world.now()), move |change| {
            sessions::set_report(change, &row, &stored, result.as_deref())
        })
        .await?;
    let message = tell(world, request, &session, &fact, report.result.as_deref()).await?;
    Ok(ReportAnswer { session: super::sessions::view_of(world, id).await?, message })
}

fn check(report: &Report) -> Result<(), ServiceError> {
    if report.result.as_ref().is_some_and(|result| result.len() > MAX_RESULT) {
        return Err(ServiceError::Usage(format!("the result has over {MAX_RESULT} bytes")));
    }
    if report.note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
        return Err(ServiceError::Usage(format!("the note has over {MAX_NOTE} characters")));
    }
    Ok(())
}

/// Puts the report into the orchestrator's inbox.
async fn tell(
    world: &World,
    request: &Request,
    session: &Session,
    fact: &ReportFact,
    result: Option<&str>,
) -> Result<Option<MessageView>, ServiceError> {
    if session.kind == Kind::Orchestrator {
        return Ok(None);
    }
    let project = projects::load(world, session.project.as_str()).await?;
    let orchestrator = orchestrator_id(&project.prefix)?;
    match super::sessions::load(world, orchestrator.as_str()).await {
        Ok(_) => {}
        Err(ServiceError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    let text = text(session, fact, result);
    let origin = request.origin(world.now());
    let message = messages::notify(world, origin, session, &orchestrator, &text).await?;
    Ok(Some(messages::view(&message, false)))
}

fn text(session: &Session, fact: &ReportFact, result: Option<&str>) -> String {
    let mut text = format!("report: {}", fact.state.as_str().replace('_', "-"));
    if let Some(note) = &fact.note {
        text.push_str(" - ");
        text.push_str(note);
    }
    if let Some(result) = result {
        let id = &session.id;
        text.push_str(&format!(" (result of {} bytes: ao result {id})", result.len()));
    }
    text
}
