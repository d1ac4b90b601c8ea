//! A report: kept with its session, and as a notice for the project's orchestrator, in one
//! transaction.

use crate::model::ids::SessionId;
use crate::model::message::Policy;
use crate::model::names::orchestrator_id;
use crate::model::noise::Pauses;
use crate::model::report::Windows;
use crate::model::rights::Verb;
use crate::model::session::{Kind, ReportFact, ReportState};
use crate::services::{Request, ServiceError, World, messages, projects, secret};
use crate::store::messages::Message;
use crate::store::notices::{self, Noted};
use crate::store::sessions::{self, Session};
use crate::store::{Change, StoreError, idempotency};
use crate::wire::session::{NoticeView, Report, ReportAnswer};
use crate::wire::time::rfc3339;

use super::flush::flush;

/// Largest result in bytes.
const MAX_RESULT: usize = 4 * 1024 * 1024;
/// Longest note in characters.
const MAX_NOTE: usize = 4000;

/// Records the report of the session `id`, for the project's orchestrator, the present one or the
/// next. What is due at once is told before this returns; the rest at the end of its window.
pub async fn report(
    world: &World,
    request: &Request,
    id: &str,
    report: Report,
) -> Result<ReportAnswer, ServiceError> {
    let session = crate::services::sessions::load(world, id).await?;
    let Some(state) = ReportState::parse(&report.state) else {
        let text = format!(
            "{:?} is not a report: done, needs-input, stuck, checkpoint or pr-created",
            report.state
        );
        return Err(ServiceError::Usage(text));
    };
    request.allow(world, Verb::Report(state), session.target()).await?;
    check(&report)?;
    let project = projects::load(world, session.project.as_str()).await?;
    let orchestrator = orchestrator_id(&project.prefix)?;
    let noted = keep(world, request, &session, &orchestrator, state, report).await?;
    let (mut message, mut notice) = (None, None);
    if let Some(noted) = noted {
        if matches!(noted, Noted::Waiting(due) if due <= world.now()) {
            message = tell_now(world, request, &orchestrator).await;
        }
        world.report_clock.window_opened();
        notice = Some(view(&orchestrator, noted));
    }
    Ok(ReportAnswer {
        session: crate::services::sessions::view_of(world, id).await?,
        message: message.map(|message| messages::view(&message, false)),
        notice,
    })
}

/// The message for what is due. The report is safe by now: if this fails, the clock tries again.
async fn tell_now(world: &World, request: &Request, orchestrator: &SessionId) -> Option<Message> {
    let flushed = flush(world, request.origin(world.now()), orchestrator).await;
    flushed
        .inspect_err(|error| tracing::warn!(%error, "failed to tell of a report at once"))
        .ok()?
        .message
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

/// Stores the report and what the orchestrator is to be told; nothing when the request is a repeat
/// of an earlier one, or the session is the orchestrator itself.
async fn keep(
    world: &World,
    request: &Request,
    session: &Session,
    orchestrator: &SessionId,
    state: ReportState,
    report: Report,
) -> Result<Option<Noted>, ServiceError> {
    let now = world.now();
    let fact = ReportFact { state, note: report.note, at: now };
    let content = content(fact.note.as_deref(), report.result.as_deref());
    let key = request.idempotency("report", &format!("{}\n{content}", state.as_str()));
    let windows = windows(world);
    let news = (session.kind == Kind::Worker).then(|| notices::New {
        project: session.project.to_string(),
        recipient: orchestrator.clone(),
        state,
        subject: session.id.clone(),
        note: fact.note.clone(),
        result_bytes: report.result.as_ref().map(|result| result.len() as u64),
        content,
        policy: policy(state, session),
        due_at: windows.due(state, now),
        pauses: Pauses { changed_ms: windows.pause_ms(state), again_ms: windows.changed_pause_ms },
    });
    let (id, result) = (session.id.clone(), report.result);
    let kept = move |change: &Change<'_>| -> Result<Option<Noted>, StoreError> {
        if let Some(key) = &key {
            if idempotency::find(change, key)?.is_some() {
                return Ok(None);
            }
            idempotency::keep(change, key, id.as_str())?;
        }
        sessions::set_report(change, &id, &fact, result.as_deref())?;
        news.map(|news| notices::note(change, &news)).transpose()
    };
    Ok(world.store.write(request.origin(now), kept).await?)
}

/// Two reports with the same content say the same.
fn content(note: Option<&str>, result: Option<&str>) -> String {
    let result = result.map(secret::sha256).unwrap_or_default();
    secret::sha256(&format!("{result}\n{}", note.unwrap_or_default()))
}

fn windows(world: &World) -> Windows {
    let (reports, noise) = (&world.settings.reports, &world.settings.noise);
    let ms = |seconds: u64| seconds.saturating_mul(1000);
    Windows {
        done_ms: ms(reports.done_window_s),
        batch_ms: ms(reports.batch_window_s),
        stuck_pause_ms: ms(reports.stuck_pause_s),
        changed_pause_ms: ms(noise.changed_pause_s),
    }
}

/// Whoever cannot go on waits for the orchestrator; everything else goes the way that was chosen
/// when the worker was spawned.
fn policy(state: ReportState, session: &Session) -> Policy {
    match state {
        ReportState::NeedsInput | ReportState::Stuck => Policy::Immediate,
        ReportState::Done | ReportState::Checkpoint | ReportState::PrCreated => {
            Policy::parse(&session.deliver).unwrap_or(Policy::Deferred)
        }
    }
}

fn view(recipient: &SessionId, noted: Noted) -> NoticeView {
    let (due_at, dropped) = match noted {
        Noted::Waiting(due) => (Some(rfc3339(due)), None),
        Noted::Dropped(why) => (None, Some(why.as_str().to_owned())),
    };
    NoticeView { to: recipient.to_string(), due_at, dropped }
}
