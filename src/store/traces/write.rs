//! The one writer of a tool call: a report of it becomes part of its row, and an event where that
//! begins or ends it.

use rusqlite::OptionalExtension;
use serde_json::json;

use crate::model::ids::SessionId;
use crate::model::trace::{Body, Call, Outcome, Sighting};
use crate::model::usage::Tokens;
use crate::store::artifacts::{self, Stored};
use crate::store::{Change, StoreError};

use super::record::{COLUMNS, Teller, Trace};
use super::turns::turn_number;

/// Takes a report in; `turn_key` is the agent's own name of the turn. Saying the same again changes
/// nothing.
pub fn see(
    change: &Change<'_>,
    teller: &Teller,
    turn_key: Option<&str>,
    seen: Sighting,
) -> Result<(), StoreError> {
    if let Some(before) = known(change, teller, &seen.call_id)? {
        return add(change, teller, before, seen);
    }
    let at = seen.started_at.or(seen.finished_at).unwrap_or(change.now());
    let turn = turn_number(change, teller.session.as_str(), turn_key, at)?;
    let call = Call::first_seen(seen);
    let id = insert(change, teller, turn, &call)?;
    keep_bodies(change, id, &call)?;
    tell(change, teller, &Told { id, turn, call: &call, began: true })
}

/// Takes a report in of a call that others have told of; another one is none of the agent's.
pub fn see_more(change: &Change<'_>, teller: &Teller, seen: Sighting) -> Result<(), StoreError> {
    match known(change, teller, &seen.call_id)? {
        Some(before) => add(change, teller, before, seen),
        None => Ok(()),
    }
}

fn known(change: &Change<'_>, teller: &Teller, call: &str) -> Result<Option<Trace>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM tool_traces WHERE session_id = ?1 AND tool_use_id = ?2");
    let mut statement = change.tx.prepare_cached(&sql)?;
    statement.query_row((teller.session.as_str(), call), Trace::read).optional()?.transpose()
}

fn add(
    change: &Change<'_>,
    teller: &Teller,
    before: Trace,
    seen: Sighting,
) -> Result<(), StoreError> {
    let call = before.call.clone().and(seen);
    if call == before.call {
        return Ok(());
    }
    update(change, before.id, &call)?;
    keep_bodies(change, before.id, &call)?;
    let told = Told { id: before.id, turn: before.turn, call: &call, began: false };
    if before.call.outcome == call.outcome { Ok(()) } else { tell(change, teller, &told) }
}

/// The calls of a subagent were started by this call.
pub fn adopt_chain(
    change: &Change<'_>,
    session: &str,
    chain: &str,
    parent: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE tool_traces SET parent_tool_use_id = ?3 \
               WHERE session_id = ?1 AND chain = ?2 AND parent_tool_use_id IS NULL";
    change.tx.prepare_cached(sql)?.execute((session, chain, parent))?;
    Ok(())
}

/// The tokens of a model's message: kept with the first of the calls that it asked for, so that
/// sums over calls are right.
pub fn set_tokens(
    change: &Change<'_>,
    session: &str,
    message: &str,
    tokens: &Tokens,
) -> Result<(), StoreError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "UPDATE tool_traces SET tokens_used = ?3, cache_tokens = ?4, reasoning_tokens = ?5 \
               WHERE id = (SELECT min(id) FROM tool_traces WHERE session_id = ?1 AND message_id = ?2)";
    change.tx.prepare_cached(sql)?.execute((
        session,
        message,
        number(tokens.fresh()),
        number(tokens.cache_read),
        number(tokens.reasoning),
    ))?;
    Ok(())
}

/// The session is over: nobody will tell how its open calls went.
pub fn give_up(change: &Change<'_>, session: &SessionId) -> Result<(), StoreError> {
    let sql =
        "UPDATE tool_traces SET outcome = 'unknown' WHERE session_id = ?1 AND outcome = 'running'";
    change.tx.prepare_cached(sql)?.execute([session.as_str()])?;
    Ok(())
}

fn insert(change: &Change<'_>, teller: &Teller, turn: u32, call: &Call) -> Result<i64, StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO tool_traces (session_id, project_id, generation, agent_kind, chat_id, \
             turn_number, tool_use_id, tool_name, outcome, source, seen_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', 'running', ?8, ?9)",
        )?
        .execute((
            teller.session.as_str(),
            teller.project.as_str(),
            teller.generation.0,
            &teller.agent,
            &teller.chat,
            turn,
            &call.call_id,
            call.source.as_str(),
            change.now().0,
        ))?;
    let id = change.tx.last_insert_rowid();
    update(change, id, call)?;
    Ok(id)
}

fn update(change: &Change<'_>, id: i64, call: &Call) -> Result<(), StoreError> {
    let (input, output) = (call.input.as_ref(), call.output.as_ref());
    let bytes = |body: Option<&Body>| body.map(|b| i64::try_from(b.bytes).unwrap_or(i64::MAX));
    let is_cut = [input, output].into_iter().flatten().any(|body| body.cut);
    change
        .tx
        .prepare_cached(
            "UPDATE tool_traces SET tool_name = :tool, chain = :chain, \
             parent_tool_use_id = :parent, message_id = :message, input = :input, \
             input_bytes = :input_bytes, input_sha = :input_sha, output = :output, \
             output_bytes = :output_bytes, output_sha = :output_sha, truncated = :cut, \
             started_at = :started, finished_at = :finished, run_ms = :run_ms, error = :error, \
             outcome = :outcome WHERE id = :id",
        )?
        .execute(rusqlite::named_params! {
            ":id": id,
            ":tool": call.tool,
            ":chain": call.chain.as_deref().unwrap_or_default(),
            ":parent": call.parent,
            ":message": call.message,
            ":input": input.map(|body| &body.text),
            ":input_bytes": bytes(input),
            ":input_sha": input.and_then(|body| body.sha.as_ref()),
            ":output": output.map(|body| &body.text),
            ":output_bytes": bytes(output),
            ":output_sha": output.and_then(|body| body.sha.as_ref()),
            ":cut": is_cut,
            ":started": call.started_at.map(|at| at.0),
            ":finished": call.finished_at.map(|at| at.0),
            ":run_ms": call.run_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            ":error": call.error,
            ":outcome": call.outcome.as_str(),
        })?;
    Ok(())
}

/// The row holds on to its artifacts.
fn keep_bodies(change: &Change<'_>, id: i64, call: &Call) -> Result<(), StoreError> {
    for body in [&call.input, &call.output].into_iter().flatten() {
        if let Some(sha256) = body.sha.clone() {
            artifacts::hold(change, &Stored { sha256, bytes: body.bytes }, &holder(id))?;
        }
    }
    Ok(())
}

/// Who holds the artifacts of a row.
pub(super) fn holder(id: i64) -> String {
    format!("trace:{id}")
}

/// What the event is about.
struct Told<'a> {
    id: i64,
    turn: u32,
    call: &'a Call,
    began: bool,
}

fn tell(change: &Change<'_>, teller: &Teller, told: &Told<'_>) -> Result<(), StoreError> {
    let call = told.call;
    let latency = match (call.started_at, call.finished_at) {
        (Some(from), Some(to)) => Some(to.since(from)),
        _ => None,
    };
    let data = json!({
        "trace": told.id,
        "turn": told.turn,
        "tool": call.tool,
        "call_id": call.call_id,
        "state": if told.began && call.outcome == Outcome::Running { "started" } else { "ended" },
        "outcome": call.outcome,
        "latency_ms": latency,
    });
    let (project, session) = (teller.project.as_str(), teller.session.as_str());
    change.record("tool_trace", Some(project), Some(session), &data)
}
