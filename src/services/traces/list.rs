//! A page of tool calls.

use crate::model::rights::{Target, Verb};
use crate::model::trace::{Body, Outcome};
use crate::services::{Request, ServiceError, World, projects, sessions};
use crate::store::traces::{self, Filter, Trace, Turn};
use crate::wire::time::rfc3339;
use crate::wire::trace::{BodyView, TraceList, TraceQuery, TraceView, TurnView};

/// Calls in an answer when the caller names no limit.
const PAGE: u32 = 100;
/// Most calls in one answer.
const MOST: u32 = 1000;

/// The calls that the query asks for, oldest first, and where to go on.
pub async fn list(
    world: &World,
    request: &Request,
    query: TraceQuery,
) -> Result<TraceList, ServiceError> {
    let filter = filter(world, request, &query).await?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let forward = filter.after.is_some();
    let (rows, turns, has_more) = world
        .store
        .read(move |db| {
            let mut rows = traces::list(db, &filter, limit + 1)?;
            let has_more = rows.len() > limit as usize;
            if has_more && forward {
                rows.pop();
            } else if has_more {
                rows.remove(0);
            }
            let turns = match (&filter.session, rows.first(), rows.last()) {
                (Some(session), Some(first), Some(last)) => {
                    let (from, to) = (first.turn.min(last.turn), first.turn.max(last.turn));
                    traces::turns(db, session, from, to - from + 1)?
                }
                _ => Vec::new(),
            };
            Ok((rows, turns, has_more))
        })
        .await?;
    let edge = if forward { rows.last() } else { rows.first() };
    let next = edge.filter(|_| has_more).map(|row| row.id);
    Ok(TraceList {
        traces: rows.into_iter().map(|row| view(row, world.now().0)).collect(),
        turns: turns.into_iter().map(turn).collect(),
        next_before: next.filter(|_| !forward),
        next_after: next.filter(|_| forward),
    })
}

async fn filter(
    world: &World,
    request: &Request,
    query: &TraceQuery,
) -> Result<Filter, ServiceError> {
    let own = request.caller.member().map(|member| member.project.to_string());
    let mut filter = Filter {
        turn: query.turn,
        tool: query.tool.clone(),
        outcome: query.outcome.clone(),
        before: query.before,
        after: query.after,
        ..Filter::default()
    };
    if let Some(outcome) = &query.outcome
        && Outcome::parse(outcome).is_none()
    {
        let text = format!("{outcome:?} is not an outcome: running, ok, error, denied, unknown");
        return Err(ServiceError::Usage(text));
    }
    if let Some(id) = &query.session {
        let session = sessions::load(world, id).await?;
        request.allow(world, Verb::ReadOutput, session.target()).await?;
        filter.session = Some(session.id.to_string());
        return Ok(filter);
    }
    let project = match query.project.clone().or(own) {
        Some(id) => Some(projects::load(world, &id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadOutput, target).await?;
    filter.project = project.map(|id| id.to_string());
    Ok(filter)
}

/// The call as it looks on the wire.
#[must_use]
pub(super) fn view(row: Trace, now_ms: i64) -> TraceView {
    let call = row.call;
    let latency = match (call.started_at, call.finished_at) {
        (Some(from), Some(to)) => Some(to.since(from)),
        _ => None,
    };
    let running = call.outcome == Outcome::Running;
    let truncated = [&call.input, &call.output].into_iter().flatten().any(|body| body.cut);
    let age = call.started_at.map(|at| u64::try_from(now_ms - at.0).unwrap_or(0));
    TraceView {
        id: row.id,
        session: row.session,
        project: row.project,
        generation: row.generation,
        agent: row.agent,
        chat_id: row.chat,
        turn: row.turn,
        call_id: call.call_id,
        chain: call.chain,
        parent: call.parent,
        message: call.message,
        tool: call.tool,
        truncated,
        input: call.input.map(body),
        output: call.output.map(body),
        started_at: call.started_at.map(rfc3339),
        finished_at: call.finished_at.map(rfc3339),
        latency_ms: latency,
        running_ms: age.filter(|_| running),
        run_ms: call.run_ms,
        tokens_used: row.tokens_used,
        cache_tokens: row.cache_tokens,
        reasoning_tokens: row.reasoning_tokens,
        error: call.error,
        outcome: call.outcome.as_str().to_owned(),
        source: call.source.as_str().to_owned(),
    }
}

/// A whole body as the JSON it is; the begin of one as text.
fn body(body: Body) -> BodyView {
    let value = if body.cut { None } else { serde_json::from_str(&body.text).ok() };
    BodyView {
        value: value.unwrap_or_else(|| body.text.into()),
        bytes: body.bytes,
        cut: body.cut,
        sha256: body.sha,
    }
}

fn turn(turn: Turn) -> TurnView {
    TurnView {
        turn: turn.number,
        started_at: rfc3339(turn.started_at),
        ended_at: turn.ended_at.map(rfc3339),
    }
}
