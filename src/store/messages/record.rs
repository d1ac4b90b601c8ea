//! A message's row.

use rusqlite::Row;

use crate::model::ids::{Generation, MessageId, SessionId, Timestamp};
use crate::model::message::{Channel, Held, Interrupt, Policy, State};
use crate::store::StoreError;

/// A message as it is stored.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its number: the order of acceptance.
    pub seq: i64,
    /// Its id.
    pub id: MessageId,
    /// A session's id, `person` or `ao`.
    pub sender: String,
    /// Whom it is for.
    pub recipient: SessionId,
    /// Their project.
    pub project: String,
    /// The text, cleaned, without header.
    pub body: String,
    /// Its policy.
    pub policy: Policy,
    /// Where it stands.
    pub state: State,
    /// Why the first message of its queue is held, where it waits behind that.
    pub behind: Option<Held>,
    /// How often it was handed to a host.
    pub attempts: u32,
    /// Not to be tried before.
    pub not_before: Timestamp,
    /// Not to be written after.
    pub deadline: Option<Timestamp>,
    /// The recipient's generation that it was, or may have been, written to.
    pub generation: Option<Generation>,
    /// The way by which it goes or went.
    pub channel: Option<Channel>,
    /// The hook's event whose answer carries it.
    pub hook_event: Option<String>,
    /// Whether the recipient's turn is stopped for it, and what came of that.
    pub interrupt: Option<Interrupt>,
    /// The last words of the turn that it caused.
    pub reply: Option<String>,
    /// The message this one answers.
    pub reply_to: Option<String>,
    /// When it became durable.
    pub accepted_at: Timestamp,
    /// When text and Enter were in the terminal.
    pub written_at: Option<Timestamp>,
    /// When the agent's hook showed it as a prompt.
    pub submitted_at: Option<Timestamp>,
    /// When an answer was accepted.
    pub answered_at: Option<Timestamp>,
    /// When it was read from the inbox.
    pub read_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "seq, id, sender, recipient, project, body, policy, state, reason, \
    attempts, not_before, deadline, generation, channel, hook_event, interrupt, reply, reply_to, accepted_at, \
    written_at, submitted_at, answered_at, read_at, \
    CASE WHEN state = 'queued' AND reason IS NULL THEN (SELECT first.reason FROM messages AS first \
    WHERE first.recipient = messages.recipient AND first.state IN ('queued', 'delivering') \
    AND first.policy <> 'on_demand' AND first.reason IS NOT 'ping_pong' \
    ORDER BY first.seq LIMIT 1) END AS behind";

impl Message {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self, StoreError>> {
        let id: String = row.get("id")?;
        let recipient: String = row.get("recipient")?;
        let policy: String = row.get("policy")?;
        let state: String = row.get("state")?;
        let reason: Option<String> = row.get("reason")?;
        let channel: Option<String> = row.get("channel")?;
        let behind: Option<String> = row.get("behind")?;
        let interrupt: Option<String> = row.get("interrupt")?;
        let parsed = (
            MessageId::parse(id.as_str()),
            SessionId::parse(recipient.as_str()),
            Policy::parse(&policy),
            State::parse(&state, reason.as_deref()),
        );
        let (Ok(parsed_id), Ok(recipient), Some(policy), Some(state)) = parsed else {
            return Ok(Err(StoreError::Value { what: "message", value: id }));
        };
        let moment = |name| row.get::<_, Option<i64>>(name).map(|at| at.map(Timestamp));
        Ok(Ok(Self {
            seq: row.get("seq")?,
            id: parsed_id,
            sender: row.get("sender")?,
            recipient,
            project: row.get("project")?,
            body: row.get("body")?,
            policy,
            state,
            behind: behind.as_deref().and_then(Held::parse),
            attempts: row.get("attempts")?,
            not_before: Timestamp(row.get("not_before")?),
            deadline: moment("deadline")?,
            generation: row.get::<_, Option<u32>>("generation")?.map(Generation),
            channel: channel.as_deref().and_then(Channel::parse),
            hook_event: row.get("hook_event")?,
            interrupt: interrupt.as_deref().and_then(Interrupt::parse),
            reply: row.get("reply")?,
            reply_to: row.get("reply_to")?,
            accepted_at: Timestamp(row.get("accepted_at")?),
            written_at: moment("written_at")?,
            submitted_at: moment("submitted_at")?,
            answered_at: moment("answered_at")?,
            read_at: moment("read_at")?,
        }))
    }
}
