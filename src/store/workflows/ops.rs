//! A run's operations: the one writer of their state and of the order of their results.

use serde_json::json;

use crate::model::workflow::{OpState, Outcome};
use crate::store::artifacts::{self, Stored};
use crate::store::{Change, StoreError};

/// An operation that the script asked for.
#[derive(Debug, Clone)]
pub struct NewOp {
    /// 1, 2, 3 …
    pub seq: u64,
    /// `agent`, `timer`, `workflow`.
    pub kind: &'static str,
    /// Empty, or that of a called workflow.
    pub scope: String,
    /// What it is known under.
    pub key: String,
    /// How many of that key came before it.
    pub ordinal: u32,
    /// For people.
    pub label: Option<String>,
    /// The phase it belongs to.
    pub phase: Option<String>,
    /// JSON.
    pub spec: String,
    /// Where the script asked for it.
    pub site: Option<String>,
    /// Artifacts that its agent is to read.
    pub holds: Vec<Stored>,
    /// What is known of it without an agent, its place in the order there, and where that is.
    pub known: Option<(Outcome, u64, Option<String>)>,
}

/// How an agent ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What the script meets.
    pub outcome: Outcome,
    /// Tokens of the last attempt.
    pub output_tokens: u64,
    /// Calls of tools in the last attempt.
    pub tool_calls: u32,
    /// What the last attempt cost in US dollars, as far as prices are known.
    pub cost: f64,
}

impl Ended {
    /// Without an agent that had taken anything.
    #[must_use]
    pub fn free(outcome: Outcome) -> Self {
        Self { outcome, output_tokens: 0, tool_calls: 0, cost: 0.0 }
    }
}

/// In what a run's budget is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens that agents have put out.
    Tokens,
    /// US dollars.
    Money,
}

/// What an attempt took that came to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Tokens.
    pub output_tokens: u64,
    /// Calls of tools.
    pub tool_calls: u32,
    /// US dollars.
    pub cost: f64,
}

/// Writes down what the script asked for.
pub fn issue(change: &Change<'_>, run: &str, op: &NewOp) -> Result<(), StoreError> {
    let (state, outcome, order, from) = match &op.known {
        None => (OpState::Issued, None, None, None),
        Some((outcome, order, from)) => {
            let state = match outcome {
                Outcome::Value { .. } => OpState::Cached,
                _ => OpState::Failed,
            };
            (state, Some(text(outcome)), Some(number(*order)), from.as_deref())
        }
    };
    change
        .tx
        .prepare_cached(
            "INSERT INTO workflow_ops (run, seq, kind, scope, key, ordinal, label, phase, spec, \
             site, state, outcome, known_order, cached_from, issued_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(rusqlite::params![
            run,
            number(op.seq),
            op.kind,
            op.scope,
            op.key,
            op.ordinal,
            op.label,
            op.phase,
            op.spec,
            op.site,
            state.as_str(),
            outcome,
            order,
            from,
            change.now().0,
        ])?;
    if let Some((outcome, ..)) = &op.known {
        hold_result(change, run, outcome)?;
    }
    op.holds.iter().try_for_each(|stored| artifacts::hold(change, stored, &holder(run)))
}

/// A result that is an artifact stays as long as the run is known.
fn hold_result(change: &Change<'_>, run: &str, outcome: &Outcome) -> Result<(), StoreError> {
    let Some(large) = outcome.artifact() else { return Ok(()) };
    let stored = Stored { sha256: large.sha256.clone(), bytes: large.bytes };
    artifacts::hold(change, &stored, &holder(run))
}

/// Who holds what a run's agents are to read.
pub(super) fn holder(run: &str) -> String {
    format!("workflow:{run}")
}

/// An agent is about to be started: the intent. `used` is what an attempt before it took. Returns
/// the number of the attempt.
pub fn start(change: &Change<'_>, run: &str, seq: u64, used: Used) -> Result<u32, StoreError> {
    let sql = "UPDATE workflow_ops SET state = 'running', attempt = attempt + 1, \
               started_at = coalesce(started_at, ?3), output_tokens = output_tokens + ?4, \
               tool_calls = tool_calls + ?5, cost = cost + ?6 \
               WHERE run = ?1 AND seq = ?2 AND state IN ('issued', 'running') RETURNING attempt";
    let tokens = number(used.output_tokens);
    let values = (run, number(seq), change.now().0, tokens, used.tool_calls, used.cost);
    let attempt = change.tx.prepare_cached(sql)?.query_row(values, |row| row.get(0));
    let attempt: u32 = attempt.map_err(|error| illegal(error, run, seq))?;
    journal(change, run, seq, "workflow.agent_started", json!({ "attempt": attempt }))?;
    Ok(attempt)
}

/// The session in which the present attempt runs.
pub fn set_session(
    change: &Change<'_>,
    run: &str,
    seq: u64,
    session: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE workflow_ops SET session = ?3 WHERE run = ?1 AND seq = ?2";
    change.tx.prepare_cached(sql)?.execute((run, number(seq), session))?;
    Ok(())
}

/// An operation has ended: the outcome, with its place in the order. Returns that place and what
/// has been spent with it, in the run's `unit`. An agent that was spoken to is tainted.
pub fn finish(
    change: &Change<'_>,
    run: &str,
    seq: u64,
    ended: &Ended,
    unit: Unit,
) -> Result<(u64, f64), StoreError> {
    let state = match ended.outcome {
        Outcome::Value { .. } => OpState::Succeeded,
        _ => OpState::Failed,
    };
    let sql = "SELECT output_tokens, cost FROM workflow_ops WHERE run = ?1 AND seq = ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?));
    let before = change.tx.prepare_cached(sql)?.query_row((run, number(seq)), read);
    let (tokens, cost) = before.map_err(|error| illegal(error, run, seq))?;
    let (tokens, cost) = (tokens.unsigned_abs() + ended.output_tokens, cost + ended.cost);
    let spent = match unit {
        Unit::Tokens => tokens as f64,
        Unit::Money => cost,
    };
    let (delivery, spent) = next_place(change, run, spent)?;
    let sql = "UPDATE workflow_ops SET state = ?3, outcome = ?4, delivery = ?5, spent_after = ?6, \
               output_tokens = ?7, tool_calls = tool_calls + ?8, finished_at = ?9, cost = ?10, \
               tainted = EXISTS (SELECT 1 FROM messages AS m WHERE m.recipient = session \
               AND m.sender <> 'ao' AND m.state IN ('read', 'answered')) \
               WHERE run = ?1 AND seq = ?2 AND state IN ('issued', 'running')";
    let changed = change.tx.prepare_cached(sql)?.execute(rusqlite::params![
        run,
        number(seq),
        state.as_str(),
        text(&ended.outcome),
        number(delivery),
        spent,
        number(tokens),
        ended.tool_calls,
        change.now().0,
        cost,
    ])?;
    if changed == 0 {
        return Err(illegal(rusqlite::Error::QueryReturnedNoRows, run, seq));
    }
    hold_result(change, run, &ended.outcome)?;
    journal(change, run, seq, "workflow.agent_ended", json!({ "state": state }))?;
    Ok((delivery, spent))
}

/// What was known without an agent gets its place in the order. Returns that place and what has
/// been spent.
pub fn deliver(change: &Change<'_>, run: &str, seq: u64) -> Result<(u64, f64), StoreError> {
    let (delivery, spent) = next_place(change, run, 0.0)?;
    let sql = "UPDATE workflow_ops SET delivery = ?3, spent_after = ?4, finished_at = ?5 \
               WHERE run = ?1 AND seq = ?2 AND delivery IS NULL";
    let changed = change.tx.prepare_cached(sql)?.execute((
        run,
        number(seq),
        number(delivery),
        spent,
        change.now().0,
    ))?;
    if changed == 0 {
        return Err(illegal(rusqlite::Error::QueryReturnedNoRows, run, seq));
    }
    Ok((delivery, spent))
}

/// What has not ended will not: `state` is `cancelled` or `abandoned`. For one operation, or all.
pub fn abandon(
    change: &Change<'_>,
    run: &str,
    seq: Option<u64>,
    state: OpState,
) -> Result<(), StoreError> {
    let sql = "UPDATE workflow_ops SET state = ?3, finished_at = ?4 \
               WHERE run = ?1 AND (?2 IS NULL OR seq = ?2) AND state IN ('issued', 'running')";
    change.tx.prepare_cached(sql)?.execute((
        run,
        seq.map(number),
        state.as_str(),
        change.now().0,
    ))?;
    Ok(())
}

fn next_place(change: &Change<'_>, run: &str, spent: f64) -> Result<(u64, f64), StoreError> {
    let sql = "UPDATE workflow_runs SET delivered = delivered + 1, spent = spent + ?2 \
               WHERE id = ?1 RETURNING delivered, spent";
    let place = change
        .tx
        .prepare_cached(sql)?
        .query_row((run, spent), |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?;
    Ok(place)
}

fn journal(
    change: &Change<'_>,
    run: &str,
    seq: u64,
    kind: &str,
    mut data: serde_json::Value,
) -> Result<(), StoreError> {
    let sql = "SELECT r.project, o.label, o.phase, o.kind FROM workflow_ops AS o \
               JOIN workflow_runs AS r ON r.id = o.run WHERE o.run = ?1 AND o.seq = ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let texts: [Option<String>; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        Ok((texts, row.get::<_, String>(3)?))
    };
    let ([project, label, phase], op) =
        change.tx.prepare_cached(sql)?.query_row((run, number(seq)), read)?;
    if op != "agent" {
        return Ok(());
    }
    for (name, value) in
        [("run", json!(run)), ("seq", json!(seq)), ("label", json!(label)), ("phase", json!(phase))]
    {
        data[name] = value;
    }
    change.record(kind, project.as_deref(), None, &data)
}

fn illegal(error: rusqlite::Error, run: &str, seq: u64) -> StoreError {
    match error {
        rusqlite::Error::QueryReturnedNoRows => {
            StoreError::NotFound { what: "open workflow operation", id: format!("{run}#{seq}") }
        }
        other => other.into(),
    }
}

fn text(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).expect("an outcome is plain JSON")
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
