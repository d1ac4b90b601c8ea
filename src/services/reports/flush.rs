//! Makes one message of everything that may be told to a recipient, when the first of it is due.

use crate::model::ids::{MessageId, SessionId, Timestamp};
use crate::model::message::{Policy, State};
use crate::model::noise::capped_until;
use crate::services::{ServiceError, World, secret};
use crate::store::messages::{self, Limits, Message, New, Words};
use crate::store::notices::{self, Notice};
use crate::store::{Change, Origin, StoreError, sessions};

use super::gather::gather;

/// Automatic messages are counted over a day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When to look at a recipient again; never, if neither is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// At this moment.
    pub(super) at: Option<Timestamp>,
    /// When something in the store changes: its last message is still to be written, and takes
    /// along what waits; or the recipient itself has still to come.
    pub(super) on_change: bool,
}

impl Look {
    const ON_CHANGE: Self = Self { at: None, on_change: true };

    fn at(at: Option<Timestamp>) -> Self {
        Self { at, on_change: false }
    }

    /// Whichever comes first.
    pub(super) fn or(self, other: Self) -> Self {
        let at = match (self.at, other.at) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { at, on_change: self.on_change || other.on_change }
    }
}

/// What a look at a recipient came to.
#[derive(Debug, Default)]
pub(super) struct Flushed {
    /// When to look again.
    pub(super) look: Look,
    /// The message that tells what was due, or takes it along when it is written.
    pub(super) message: Option<Message>,
    /// Whether that is news to the actor that delivers it.
    changed: bool,
}

impl Flushed {
    fn quiet(look: Look) -> Self {
        Self { look, message: None, changed: false }
    }

    fn and(self, other: Self) -> Self {
        Self {
            look: self.look.or(other.look),
            message: self.message.or(other.message),
            changed: self.changed || other.changed,
        }
    }
}

/// Tells `recipient` what is due.
pub(super) async fn flush(
    world: &World,
    origin: Origin,
    recipient: &SessionId,
) -> Result<Flushed, ServiceError> {
    let (to, cap) = (recipient.clone(), world.settings.noise.daily_cap);
    let flushed = world.store.write(origin, move |change| tell(change, &to, cap)).await?;
    if flushed.changed {
        world.dispatch.wake(world, recipient);
    }
    Ok(flushed)
}

/// In the transaction: at most `cap` automatic messages in a day.
pub(super) fn tell(
    change: &Change<'_>,
    recipient: &SessionId,
    cap: u32,
) -> Result<Flushed, StoreError> {
    let waiting = notices::waiting(change.db(), recipient.as_str())?;
    // What is read from the inbox and what is typed are messages of their own.
    let (inbox, typed): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|notice| notice.policy == Policy::OnDemand);
    let typed = one(change, recipient, typed, cap)?;
    Ok(typed.and(one(change, recipient, inbox, cap)?))
}

/// Tells what is due of notices that go the same way.
fn one(
    change: &Change<'_>,
    recipient: &SessionId,
    waiting: Vec<Notice>,
    cap: u32,
) -> Result<Flushed, StoreError> {
    let (db, now) = (change.db(), change.now());
    let Some(due) = next_due(&waiting) else { return Ok(Flushed::default()) };
    if due > now {
        return Ok(Flushed::quiet(Look::at(Some(due))));
    }
    if sessions::find(db, recipient.as_str())?.is_none() {
        return Ok(Flushed::quiet(Look::ON_CHANGE));
    }
    let inbox = waiting.iter().any(|notice| notice.policy == Policy::OnDemand);
    if let Some(open) = notices::open_message(db, recipient.as_str(), inbox)? {
        let changed = hurry(change, &open, &waiting)?;
        let message = messages::find(db, open.id.as_str())?;
        return Ok(Flushed { look: Look::ON_CHANGE, message, changed });
    }
    let (ready, later): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|notice| notice.not_before <= now);
    let since = Timestamp(now.0.saturating_sub(DAY_MS));
    let at_cap = notices::message_at_cap(db, recipient.as_str(), cap, since)?;
    if let Some(until) = capped_until(at_cap, now) {
        notices::postpone(change, &ready, until)?;
        let look = Look::at(next_due(&later)).or(Look::at(Some(until)));
        return Ok(Flushed::quiet(look));
    }
    let gathered = gather(change, ready)?;
    let (Some(first), Some(words)) = (gathered.notices.first(), gathered.words) else {
        return Ok(Flushed::quiet(Look::at(next_due(&later))));
    };
    let message = accept(change, secret::message_id(), first, words)?;
    for notice in &gathered.notices {
        notices::attach(change, notice, &message.id)?;
    }
    // What waits further may ride with this one.
    let look = Look { at: None, on_change: !later.is_empty() };
    Ok(Flushed { look, message: Some(message), changed: true })
}

fn next_due(notices: &[Notice]) -> Option<Timestamp> {
    notices.iter().map(|notice| notice.due_at).min()
}

/// Accepts a message of ao's own making. It is bounded by the noise guard instead of the limits on
/// what sessions send.
pub(super) fn accept(
    change: &Change<'_>,
    id: MessageId,
    notice: &Notice,
    words: Words,
) -> Result<Message, StoreError> {
    let new = New {
        id,
        sender: words.sender,
        recipient: notice.recipient.clone(),
        project: notice.project.clone(),
        body: words.body,
        policy: words.policy,
        interrupt: false,
        reply_to: None,
        key: None,
        deadline: None,
        limits: Limits::NONE,
    };
    messages::accept(change, &new)
}

/// A message that may wait for idleness no longer does when something urgent rides with it.
fn hurry(change: &Change<'_>, open: &Message, riders: &[Notice]) -> Result<bool, StoreError> {
    let urgent = riders
        .iter()
        .any(|notice| notice.policy == Policy::Immediate && notice.not_before <= change.now());
    let may = matches!(open.state, State::Queued(_)) && open.attempts == 0;
    if !urgent || !may || open.policy != Policy::Deferred {
        return Ok(false);
    }
    let words =
        Words { sender: open.sender.clone(), body: open.body.clone(), policy: Policy::Immediate };
    messages::rewrite(change, open, &words)?;
    Ok(true)
}
