//! Acceptance: after this transaction the message cannot be lost.

use serde_json::json;

use crate::model::ids::{MessageId, SessionId, Timestamp};
use crate::model::message::{Held, Interrupt, Policy, Rates, State, check_rate};
use crate::store::idempotency::{self, Key};
use crate::store::{Change, StoreError};

use super::read::{find, recent, waits};
use super::record::Message;
use super::state::{NewState, set_state};

/// A message that is to be accepted.
#[derive(Debug, Clone)]
pub struct New {
    /// Its id.
    pub id: MessageId,
    /// A session's id, `person` or `ao`.
    pub sender: String,
    /// Whom it is for.
    pub recipient: SessionId,
    /// Their project.
    pub project: String,
    /// The text, cleaned.
    pub body: String,
    /// Its policy.
    pub policy: Policy,
    /// Whether the recipient's turn is stopped for it.
    pub interrupt: bool,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// The sender's key, if it gave one.
    pub key: Option<Key>,
    /// Not to be written after.
    pub deadline: Option<Timestamp>,
    /// How much there may be.
    pub limits: Limits,
}

/// How much there may be for one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages that wait; nothing for what is not limited.
    pub queue: Option<u32>,
    /// How fast sessions may send; nothing for who is not limited.
    pub rates: Option<Rates>,
}

impl Limits {
    /// For what is accepted on ao's own account.
    pub const NONE: Self = Self { queue: None, rates: None };
}

/// Accepts the message, or returns the one that the same key made before. The message that it
/// answers becomes `answered`.
pub fn accept(change: &Change<'_>, new: &New) -> Result<Message, StoreError> {
    if let Some(key) = &new.key
        && let Some(id) = idempotency::find(change, key)?
    {
        return expect(change, &id);
    }
    check_limits(change, new)?;
    let held = (new.policy == Policy::OnDemand).then_some(Held::OnDemand.as_str());
    change
        .tx
        .prepare_cached(
            "INSERT INTO messages (id, sender, recipient, project, body, policy, state, reason, \
             reply_to, deadline, accepted_at, interrupt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            new.id.as_str(),
            &new.sender,
            new.recipient.as_str(),
            &new.project,
            &new.body,
            new.policy.as_str(),
            held,
            &new.reply_to,
            new.deadline.map(|at| at.0),
            change.now().0,
            new.interrupt.then_some(Interrupt::Wanted.as_str()),
        ))?;
    if let Some(key) = &new.key {
        idempotency::keep(change, key, new.id.as_str())?;
    }
    let data = json!({
        "message": new.id,
        "from": new.sender,
        "to": new.recipient,
        "bytes": new.body.len(),
        "policy": new.policy,
    });
    change.record("message.accepted", Some(&new.project), Some(new.recipient.as_str()), &data)?;
    if let Some(answered) = &new.reply_to {
        answer(change, answered)?;
    }
    expect(change, new.id.as_str())
}

fn check_limits(change: &Change<'_>, new: &New) -> Result<(), StoreError> {
    let recipient = new.recipient.as_str();
    if let Some(limit) = new.limits.queue
        && waits(&change.tx, recipient, limit)?
    {
        return Err(StoreError::QueueFull { recipient: recipient.to_owned(), limit });
    }
    if let Some(rates) = new.limits.rates {
        let recent = recent(&change.tx, &new.sender, recipient, change.now())?;
        check_rate(recent, rates)?;
    }
    Ok(())
}

fn answer(change: &Change<'_>, id: &str) -> Result<(), StoreError> {
    let question = expect(change, id)?;
    if question.state.may_become(State::Answered) {
        set_state(change, &question, &NewState::plain(State::Answered))?;
    }
    Ok(())
}

fn expect(change: &Change<'_>, id: &str) -> Result<Message, StoreError> {
    find(&change.tx, id)?.ok_or_else(|| StoreError::NotFound { what: "message", id: id.to_owned() })
}
