//! A notice comes in: the noise guard says what becomes of it, in the same transaction.

use serde_json::json;

use crate::model::ids::{SessionId, Timestamp};
use crate::model::message::Policy;
use crate::model::noise::{Dropped, Known, News, Past, Pauses, admit};
use crate::model::session::ReportState;
use crate::store::{Change, StoreError};

use super::read::{Earlier, earlier, occasion};
use super::settle::discard;

/// A notice that is to be kept until it is told.
#[derive(Debug, Clone)]
pub struct New {
    /// The project of both sessions.
    pub project: String,
    /// Whom it is for; the session may still have to come.
    pub recipient: SessionId,
    /// What is reported.
    pub state: ReportState,
    /// Who reports it, of itself.
    pub subject: SessionId,
    /// In its words.
    pub note: Option<String>,
    /// The size of the result that came with it.
    pub result_bytes: Option<u64>,
    /// A hash of note and result: equal ones are the same news.
    pub content: String,
    /// How it wants to be delivered.
    pub policy: Policy,
    /// When it causes a message by itself.
    pub due_at: Timestamp,
    /// How often news of this kind may be told.
    pub pauses: Pauses,
}

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It waits, and causes a message at this moment if nothing takes it along before.
    Waiting(Timestamp),
    /// The noise guard has dropped it.
    Dropped(Dropped),
}

/// Keeps a notice, or drops it; what it replaces goes.
pub fn note(change: &Change<'_>, new: &New) -> Result<Noted, StoreError> {
    let occasion = occasion(&change.tx, &new.subject)?;
    let earlier = earlier(&change.tx, &new.recipient, &new.subject, new.state, &occasion)?;
    let verdict = admit(news(new), past(&earlier), new.pauses, change.now());
    let mut due_at = new.due_at;
    if let (Some(old), true) = (&earlier.waiting, is_replaced(new, verdict.replaces_waiting)) {
        discard(change, old, "replaced")?;
        // Whoever keeps changing the words does not put off the message.
        due_at = due_at.min(old.due_at);
    }
    let not_before = match verdict.outcome {
        Ok(not_before) => not_before,
        Err(why) => {
            journal(change, new, "notice.dropped", json!({ "reason": why.as_str() }))?;
            return Ok(Noted::Dropped(why));
        }
    };
    let due_at = due_at.max(not_before);
    insert(change, new, &occasion, not_before, due_at)?;
    journal(change, new, "notice.waiting", json!({ "due_at": due_at }))?;
    Ok(Noted::Waiting(due_at))
}

fn news(new: &New) -> News<'_> {
    News { recipient: new.recipient.as_str(), author: new.subject.as_str(), content: &new.content }
}

fn past(earlier: &Earlier) -> Past<'_> {
    Past {
        waiting: earlier.waiting.as_ref().map(|notice| notice.content.as_str()),
        told: earlier
            .told
            .as_ref()
            .map(|notice| Known { content: &notice.content, told_at: notice.told_at }),
        overtaken: earlier.overtaken,
    }
}

/// A second pull request does not undo the first: both are told.
fn is_replaced(new: &New, replaces: bool) -> bool {
    replaces && new.state != ReportState::PrCreated
}

fn insert(
    change: &Change<'_>,
    new: &New,
    occasion: &str,
    not_before: Timestamp,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO notices (project, recipient, kind, subject, occasion, note, result_bytes, \
             content, policy, state, made_at, not_before, due_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', ?10, ?11, ?12)",
        )?
        .execute((
            &new.project,
            new.recipient.as_str(),
            new.state.as_str(),
            new.subject.as_str(),
            occasion,
            &new.note,
            new.result_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            &new.content,
            new.policy.as_str(),
            change.now().0,
            not_before.0,
            due_at.0,
        ))?;
    Ok(())
}

fn journal(
    change: &Change<'_>,
    new: &New,
    kind: &str,
    mut data: serde_json::Value,
) -> Result<(), StoreError> {
    data["to"] = json!(new.recipient);
    data["state"] = json!(new.state);
    change.record(kind, Some(&new.project), Some(new.subject.as_str()), &data)
}
