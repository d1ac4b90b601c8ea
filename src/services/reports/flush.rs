//! Makes one message of everything that may be told to a recipient, when the first of it is due.

use crate::model::ids::{MessageId, SessionId, Timestamp};
use crate::model::message::{Policy, State};
use crate::model::noise::capped_until;
use crate::services::{ServiceError, World, secret};
use crate::store::messages::{self, Message, New, Words};
use crate::store::notices::{self, Notice};
use crate::store::{Change, Origin, StoreError, sessions};

use super::gather::gather;

/// Automatic messages are counted over a day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When to look at a recipient again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing waits.
    Never,
    /// At this moment.
    At(Timestamp),
    /// When something in the store changes: its last message is still to be written, and takes
    /// along what waits; or the recipient itself has still to come.
    OnChange,
}

/// What a look at a recipient came to.
#[derive(Debug)]
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
}

/// Tells `recipient` what is due.
pub(super) async fn flush(
    world: &World,
    origin: Origin,
    recipient: &SessionId,
) -> Result<Flushed, ServiceError> {
    let (to, cap) = (recipient.clone(), world.settings.noise.daily_cap);
    let id = secret::message_id();
    let flushed = world.store.write(origin, move |change| one(change, &to, id, cap)).await?;
    if flushed.changed {
        world.dispatch.wake(world, recipient);
    }
    Ok(flushed)
}

fn one(
    change: &Change<'_>,
    recipient: &SessionId,
    id: MessageId,
    cap: u32,
) -> Result<Flushed, StoreError> {
    let (db, now) = (change.db(), change.now());
    let waiting = notices::waiting(db, recipient.as_str())?;
    let Some(due) = next_due(&waiting) else { return Ok(Flushed::quiet(Look::Never)) };
    if due > now {
        return Ok(Flushed::quiet(Look::At(due)));
    }
    if sessions::find(db, recipient.as_str())?.is_none() {
        return Ok(Flushed::quiet(Look::OnChange));
    }
    if let Some(open) = notices::open_message(db, recipient.as_str())? {
        let changed = hurry(change, &open, &waiting)?;
        let message = messages::find(db, open.id.as_str())?;
        return Ok(Flushed { look: Look::OnChange, message, changed });
    }
    let (ready, later): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|notice| notice.not_before <= now);
    let since = Timestamp(now.0.saturating_sub(DAY_MS));
    let at_cap = notices::message_at_cap(db, recipient.as_str(), cap, since)?;
    if let Some(until) = capped_until(at_cap, now) {
        notices::postpone(change, &ready, until)?;
        let next = next_due(&later).map_or(until, |due| due.min(until));
        return Ok(Flushed::quiet(Look::At(next)));
    }
    let look = next_due(&later).map_or(Look::Never, Look::At);
    let gathered = gather(change, ready)?;
    let (Some(first), Some(words)) = (gathered.notices.first(), gathered.words) else {
        return Ok(Flushed::quiet(look));
    };
    let message = accept(change, id, first, words)?;
    for notice in &gathered.notices {
        notices::attach(change, notice, &message.id)?;
    }
    // What waits further may ride with this one.
    let look = if later.is_empty() { Look::Never } else { Look::OnChange };
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
        reply_to: None,
        key: None,
        queue_limit: u32::MAX,
    };
    messages::accept(change, &new)
}

/// A message that may wait for idleness no longer does when something urgent rides with it.
fn hurry(change: &Change<'_>, open: &Message, riders: &[Notice]) -> Result<bool, StoreError> {
    let urgent = riders
        .iter()
        .any(|notice| notice.policy == Policy::Immediate && notice.not_before <= change.now());
    let may = matches!(open.state, State::Queued(_)) && open.attempts == 0;
    if !urgent || !may || open.policy == Policy::Immediate {
        return Ok(false);
    }
    let words =
        Words { sender: open.sender.clone(), body: open.body.clone(), policy: Policy::Immediate };
    messages::rewrite(change, open, &words)?;
    Ok(true)
}
