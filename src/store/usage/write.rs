//! The one writer of a model call. Reports of one call are one row; the largest numbers stand.

use rusqlite::{OptionalExtension, named_params};
use serde_json::json;

use crate::model::ids::Timestamp;
use crate::model::usage::{Break, Cached, Tokens, broken};
use crate::store::traces::{Teller, turn_number};
use crate::store::{Change, StoreError};

/// A report of a model call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The provider's or agent's own id of the message; unique in its session.
    pub message: String,
    /// The subagent that asked, if one did: it has a cache of its own.
    pub chain: Option<String>,
    /// The model; empty where nobody says.
    pub model: String,
    /// When it answered.
    pub at: Timestamp,
    /// Its tokens.
    pub tokens: Tokens,
    /// They are what the provider counted, and not a sum or a guess of the agent's.
    pub exact: bool,
    /// Who says so: `hook`, `stream`, `transcript`.
    pub source: &'static str,
}

/// Takes a report in. The first report of a call is compared with the call before: a lost cache is
/// an event.
pub fn count(
    change: &Change<'_>,
    teller: &Teller,
    turn_key: Option<&str>,
    call: &Counted,
) -> Result<(), StoreError> {
    let session = teller.session.as_str();
    let sql = "SELECT id, input, cache_read, cache_write, output, reasoning FROM model_calls \
               WHERE session_id = ?1 AND message_id = ?2";
    let found = change
        .tx
        .prepare_cached(sql)?
        .query_row((session, &call.message), |row| {
            Ok((row.get::<_, i64>(0)?, super::read::tokens(row, 1)?))
        })
        .optional()?;
    match found {
        Some((id, before)) => {
            let tokens = before.or_later(&call.tokens);
            if tokens == before { Ok(()) } else { set(change, id, &tokens) }
        }
        None => insert(change, teller, turn_key, call),
    }
}

fn insert(
    change: &Change<'_>,
    teller: &Teller,
    turn_key: Option<&str>,
    call: &Counted,
) -> Result<(), StoreError> {
    let turn = turn_number(change, teller.session.as_str(), turn_key, call.at)?;
    let lost = lost_cache(change, teller, call)?;
    let broke = lost.as_ref().map(|lost| {
        json!({ "held": lost.held, "read": lost.read, "idle_s": lost.idle_s,
            "cause": lost.cause.as_str() })
    });
    change
        .tx
        .prepare_cached(
            "INSERT INTO model_calls (session_id, project_id, role, agent_kind, chat_id, chain, \
             turn_number, message_id, model, at, input, cache_read, cache_write, output, \
             reasoning, exact, source, cache_break) VALUES (:session, :project, :role, :agent, \
             :chat, :chain, :turn, :message, :model, :at, 0, 0, 0, 0, 0, :exact, :source, :broke)",
        )?
        .execute(named_params! {
            ":session": teller.session.as_str(),
            ":project": teller.project.as_str(),
            ":role": teller.role,
            ":agent": teller.agent,
            ":chat": teller.chat,
            ":chain": call.chain.as_deref().unwrap_or_default(),
            ":turn": turn,
            ":message": call.message,
            ":model": call.model,
            ":at": call.at.0,
            ":exact": call.exact,
            ":source": call.source,
            ":broke": broke.as_ref().map(ToString::to_string),
        })?;
    set(change, change.tx.last_insert_rowid(), &call.tokens)?;
    let Some(mut data) = broke else { return Ok(()) };
    data["turn"] = json!(turn);
    data["model"] = json!(call.model);
    data["lost"] = json!(lost.map_or(0, |lost| lost.held.saturating_sub(lost.read)));
    let (project, session) = (teller.project.as_str(), teller.session.as_str());
    change.record("cache_break", Some(project), Some(session), &data)
}

fn set(change: &Change<'_>, id: i64, tokens: &Tokens) -> Result<(), StoreError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "UPDATE model_calls SET input = ?2, cache_read = ?3, cache_write = ?4, output = ?5, \
               reasoning = ?6 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((
        id,
        number(tokens.input),
        number(tokens.cache_read),
        number(tokens.cache_write),
        number(tokens.output),
        number(tokens.reasoning),
    ))?;
    Ok(())
}

/// Only single calls of one conversation can be compared: a sum over a turn has no cache to lose.
fn lost_cache(
    change: &Change<'_>,
    teller: &Teller,
    call: &Counted,
) -> Result<Option<Break>, StoreError> {
    if !call.exact {
        return Ok(None);
    }
    let sql = "SELECT model, at, input, cache_read, cache_write, output, reasoning \
               FROM model_calls WHERE session_id = ?1 AND chat_id IS ?2 AND chain = ?3 \
               AND exact = 1 ORDER BY id DESC LIMIT 1";
    let chain = call.chain.as_deref().unwrap_or_default();
    let before = change
        .tx
        .prepare_cached(sql)?
        .query_row((teller.session.as_str(), &teller.chat, chain), |row| {
            let at = Timestamp(row.get(1)?);
            Ok(Cached { model: row.get(0)?, at, tokens: super::read::tokens(row, 2)? })
        })
        .optional()?;
    let now = Cached { model: call.model.clone(), at: call.at, tokens: call.tokens };
    Ok(before.and_then(|before| broken(&before, &now)))
}

/// Drops all calls of a project's sessions, and how far their transcripts were read.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    change.tx.execute("DELETE FROM model_calls WHERE project_id = ?1", [project])?;
    change.tx.execute(
        "DELETE FROM transcripts WHERE session_id IN (SELECT id FROM sessions WHERE project = ?1)",
        [project],
    )?;
    Ok(())
}

/// Drops calls made before `before`.
pub fn shorten(change: &Change<'_>, before: Timestamp) -> Result<(), StoreError> {
    change.tx.execute("DELETE FROM model_calls WHERE at < ?1", [before.0])?;
    change.tx.execute("DELETE FROM transcripts WHERE read_at < ?1", [before.0])?;
    Ok(())
}
