//! The one writer of a subagent's state. Its end and the message that tells of it are one
//! transaction: told once, or not ended.

use serde_json::json;

use crate::model::ids::{MessageId, SessionId};
use crate::model::message::{Policy, State as MessageState};
use crate::model::subagent::{State, digest, notice};
use crate::store::artifacts::{self, Stored};
use crate::store::messages::{self, Limits, Words};
use crate::store::{Change, StoreError, sessions};

use super::read;
use super::record::{New, Subagent};

/// Accepts one, if its parent has fewer than `most` that are not over.
pub fn add(change: &Change<'_>, new: &New, most: u32) -> Result<(), StoreError> {
    if read::count_open(change.db(), &new.parent)? >= most {
        let parent = new.parent.clone();
        return Err(StoreError::SubagentsFull { parent, limit: most });
    }
    change
        .tx
        .prepare_cached(
            "INSERT INTO subagents (id, project, parent, depth, title, policy, stays, state, \
             created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', ?8)",
        )?
        .execute((
            &new.id,
            &new.project,
            &new.parent,
            new.depth,
            &new.title,
            new.policy.as_str(),
            new.stays,
            change.now().0,
        ))?;
    record(change, "subagent.accepted", &expect(change, &new.id)?)
}

/// Its session is there. Nothing where it is to end meanwhile.
pub fn running(change: &Change<'_>, id: &str, session: &str) -> Result<(), StoreError> {
    let subagent = expect(change, id)?;
    change
        .tx
        .prepare_cached("UPDATE subagents SET session = ?2 WHERE id = ?1")?
        .execute((id, session))?;
    if subagent.state.may_become(State::Running) {
        set_state(change, id, State::Running)?;
        record(change, "subagent.running", &expect(change, id)?)?;
    }
    Ok(())
}

/// It is to end. Whether there was something to end.
pub fn cancel(change: &Change<'_>, id: &str) -> Result<bool, StoreError> {
    if !expect(change, id)?.state.may_become(State::Cancelling) {
        return Ok(false);
    }
    set_state(change, id, State::Cancelling)?;
    record(change, "subagent.cancelling", &expect(change, id)?)?;
    Ok(true)
}

/// How one ended.
#[derive(Debug, Clone)]
pub struct End {
    /// [`State::Completed`], [`State::Failed`] or [`State::Cancelled`].
    pub state: State,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// Its result, stored.
    pub result: Option<Stored>,
    /// The result is JSON, not text.
    pub is_json: bool,
    /// Calls of tools.
    pub tool_calls: u32,
    /// For the message that tells of it, where a new one is needed.
    pub message: MessageId,
}

/// It is over, and its parent is told in the way that was asked for. The parent, if it has news.
/// One that is over already stays as it is.
pub fn ended(change: &Change<'_>, id: &str, end: &End) -> Result<Option<SessionId>, StoreError> {
    let before = expect(change, id)?;
    if !before.state.may_become(end.state) {
        return Ok(None);
    }
    if let Some(result) = &end.result {
        artifacts::hold(change, result, &format!("subagent:{id}"))?;
    }
    let bytes = end.result.as_ref().map_or(0, |result| result.bytes);
    set_state(change, id, end.state)?;
    change
        .tx
        .prepare_cached(
            "UPDATE subagents SET reason = ?2, result = ?3, bytes = ?4, is_json = ?5, \
             tool_calls = ?6, ended_at = ?7 WHERE id = ?1",
        )?
        .execute((
            id,
            &end.reason,
            end.result.as_ref().map(|result| &result.sha256),
            i64::try_from(bytes).unwrap_or(i64::MAX),
            end.is_json,
            end.tool_calls,
            change.now().0,
        ))?;
    let after = expect(change, id)?;
    record(change, "subagent.ended", &after)?;
    match notice(after.new.policy, end.state) {
        Some(policy) => tell(change, &after, policy, &end.message),
        None => Ok(None),
    }
}

/// Puts it into the message that waits for the parent already, or makes one.
fn tell(
    change: &Change<'_>,
    subagent: &Subagent,
    policy: Policy,
    fresh: &MessageId,
) -> Result<Option<SessionId>, StoreError> {
    let Ok(parent) = SessionId::parse(subagent.new.parent.clone()) else { return Ok(None) };
    let Some(recipient) = sessions::find(change.db(), parent.as_str())? else { return Ok(None) };
    // An orchestrator comes back and reads its mail; a worker that is over does not.
    if recipient.phase.is_over() && recipient.kind == crate::model::session::Kind::Worker {
        return Ok(None);
    }
    let open = match read::last_told(change.db(), parent.as_str())? {
        Some(id) => messages::find(change.db(), &id)?,
        None => None,
    };
    let open = open.filter(|m| matches!(m.state, MessageState::Queued(_)) && m.attempts == 0);
    let mut told = match &open {
        Some(open) => read::told_by(change.db(), open.id.as_str())?,
        None => Vec::new(),
    };
    told.push(subagent.clone());
    let lines: Vec<_> = told.iter().map(Subagent::line).collect();
    let body = digest(&lines);
    let id = match open {
        Some(open) => {
            // What is urgent takes along what is not.
            let hurry = policy == Policy::Immediate || open.policy == Policy::Immediate;
            let policy = if hurry { Policy::Immediate } else { policy };
            let words = Words { sender: "ao".to_owned(), body, policy };
            messages::rewrite(change, &open, &words)?;
            open.id
        }
        None => {
            let new = messages::New {
                id: fresh.clone(),
                sender: "ao".to_owned(),
                recipient: parent.clone(),
                project: subagent.new.project.clone(),
                body,
                policy,
                interrupt: false,
                reply_to: None,
                key: None,
                deadline: None,
                limits: Limits::NONE,
            };
            messages::accept(change, &new)?.id
        }
    };
    change
        .tx
        .prepare_cached("UPDATE subagents SET told = ?2 WHERE id = ?1")?
        .execute((&subagent.new.id, id.as_str()))?;
    Ok(Some(parent))
}

/// Forgets a removed project's, and lets go of their results.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    let holders = "SELECT 'subagent:' || id FROM subagents WHERE project = ?1";
    let sql = format!("DELETE FROM artifact_holds WHERE holder IN ({holders})");
    change.tx.execute(&sql, [project])?;
    change.tx.execute("DELETE FROM subagents WHERE project = ?1", [project])?;
    Ok(())
}

fn set_state(change: &Change<'_>, id: &str, state: State) -> Result<(), StoreError> {
    let sql = "UPDATE subagents SET state = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, state.as_str()))?;
    Ok(())
}

fn expect(change: &Change<'_>, id: &str) -> Result<Subagent, StoreError> {
    let found = read::find(change.db(), id)?;
    found.ok_or_else(|| StoreError::NotFound { what: "subagent", id: id.to_owned() })
}

fn record(change: &Change<'_>, kind: &str, subagent: &Subagent) -> Result<(), StoreError> {
    let data = json!({
        "subagent": subagent.new.id,
        "title": subagent.new.title,
        "parent": subagent.new.parent,
        "state": subagent.state,
        "session": subagent.session,
        "reason": subagent.reason,
        "bytes": subagent.bytes,
    });
    let parent = Some(subagent.new.parent.as_str()).filter(|parent| *parent != "person");
    change.record(kind, Some(&subagent.new.project), parent, &data)
}
