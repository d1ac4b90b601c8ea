//! The end of a step, and what follows from it for those that depend on it, in one transaction.

use rusqlite::OptionalExtension;
use serde_json::json;

use crate::model::flow::{Meaning, OnFailure, StepState, meaning};
use crate::model::ids::Timestamp;
use crate::store::artifacts::{self, Stored};
use crate::store::{Change, StoreError};

use super::claim::{Claim, journal};

/// What an attempt came to.
#[derive(Debug, Clone, Default)]
pub struct End {
    /// The result, if there is one.
    pub result: Option<Stored>,
    /// Its beginning, for people.
    pub preview: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// What a gate asks, what a fold noticed.
    pub note: Option<String>,
    /// No further attempt before this, where one is left.
    pub not_before: Timestamp,
    /// The attempt was lost with its processes and does not count.
    pub lost: bool,
}

/// Writes down what the attempt came to. The state is that of the step from now on: `pending` where
/// an attempt is left, or one after which nothing becomes of it. Where the step is not as it was
/// claimed, as after a person's word, nothing happens. Returns whether it did.
pub fn finish(
    change: &Change<'_>,
    run: &str,
    claim: Claim,
    state: StepState,
    end: &End,
) -> Result<bool, StoreError> {
    let sql = "UPDATE flow_steps SET state = ?4, version = version + 1, lease_owner = NULL, \
               result = ?5, bytes = ?6, preview = ?7, error = ?8, note = ?9, \
               not_before = ?10, lost = lost + ?11, tries = tries - ?11, finished_at = ?12 \
               WHERE run = ?1 AND idx = ?2 AND version = ?3 AND state = 'running' RETURNING step";
    let bytes = end.result.as_ref().map(|stored| i64::try_from(stored.bytes).unwrap_or(i64::MAX));
    let params = rusqlite::params![
        run,
        claim.idx,
        claim.version,
        state.as_str(),
        end.result.as_ref().map(|stored| &stored.sha256),
        bytes,
        end.preview,
        end.error,
        end.note,
        end.not_before.0,
        end.lost,
        state.is_over().then_some(change.now().0),
    ];
    let step: Option<String> =
        change.tx.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?;
    let Some(step) = step else { return Ok(false) };
    if let Some(stored) = &end.result {
        artifacts::hold(change, stored, &holder(run))?;
    }
    let error = end.error.as_deref().map(|text| text.chars().take(200).collect::<String>());
    let data = json!({
        "state": state.as_str(), "attempt": claim.attempt, "error": error, "bytes": bytes,
    });
    journal(change, run, &step, data)?;
    follow(change, run, claim.idx)?;
    Ok(true)
}

/// Who holds a run's artifacts.
pub(super) fn holder(run: &str) -> String {
    format!("flow:{run}")
}

/// A person lets the gate pass, or does not.
pub fn approve(
    change: &Change<'_>,
    run: &str,
    step: &str,
    result: Option<&Stored>,
    preview: &str,
) -> Result<(), StoreError> {
    let found = super::step(change.db(), run, step)?;
    let state = if result.is_some() { StepState::Done } else { StepState::Cancelled };
    let sql = "UPDATE flow_steps SET state = ?3, version = version + 1, result = ?4, bytes = ?5, \
               preview = ?6, finished_at = ?7 \
               WHERE run = ?1 AND step = ?2 AND state = 'waiting_gate'";
    let bytes = result.map(|stored| i64::try_from(stored.bytes).unwrap_or(i64::MAX));
    let sha256 = result.map(|stored| &stored.sha256);
    let params =
        rusqlite::params![run, step, state.as_str(), sha256, bytes, preview, change.now().0];
    if change.tx.prepare_cached(sql)?.execute(params)? == 0 {
        return Err(StoreError::RunState {
            id: format!("{run} {step}"),
            from: found.state.as_str(),
            to: state.as_str(),
        });
    }
    if let Some(stored) = result {
        artifacts::hold(change, stored, &holder(run))?;
    }
    journal(change, run, step, json!({ "state": state.as_str(), "said": preview }))?;
    follow(change, run, found.idx)
}

/// The run is being ended: nothing of what is not over will be done.
pub fn cancel_open(change: &Change<'_>, run: &str) -> Result<(), StoreError> {
    let sql = "UPDATE flow_steps SET state = 'cancelled', version = version + 1, \
               lease_owner = NULL, finished_at = ?2 \
               WHERE run = ?1 AND state IN ('pending', 'running', 'waiting_gate')";
    change.tx.prepare_cached(sql)?.execute((run, change.now().0))?;
    Ok(())
}

/// Tells those that depend on the step, and those that depend on them where nothing becomes of
/// these: as much work as there are steps that change.
pub(super) fn follow(change: &Change<'_>, run: &str, idx: u32) -> Result<(), StoreError> {
    let mut open = vec![idx];
    while let Some(idx) = open.pop() {
        let sql = "SELECT state, on_failure FROM flow_steps WHERE run = ?1 AND idx = ?2";
        let (state, on_failure): (String, String) = change
            .tx
            .prepare_cached(sql)?
            .query_row((run, idx), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let parsed = StepState::parse(&state).zip(OnFailure::parse(&on_failure));
        let (state, on_failure) =
            parsed.ok_or(StoreError::Value { what: "flow step's state", value: state })?;
        match meaning(state, on_failure) {
            Meaning::Open => {}
            Meaning::Over => {
                let sql = "UPDATE flow_steps SET waits = waits - 1 WHERE run = ?1 AND idx IN \
                           (SELECT step FROM flow_deps WHERE run = ?1 AND depends_on = ?2)";
                change.tx.prepare_cached(sql)?.execute((run, idx))?;
            }
            Meaning::Lost(state) => open.extend(lose(change, run, idx, state)?),
        }
    }
    Ok(())
}

/// Those that depend on `idx` and had not begun get this state; returns their numbers.
fn lose(
    change: &Change<'_>,
    run: &str,
    idx: u32,
    state: StepState,
) -> Result<Vec<u32>, StoreError> {
    let sql = "UPDATE flow_steps SET state = ?3, version = version + 1, finished_at = ?4 \
               WHERE run = ?1 AND state = 'pending' AND idx IN \
               (SELECT step FROM flow_deps WHERE run = ?1 AND depends_on = ?2) \
               RETURNING idx, step";
    let mut query = change.tx.prepare_cached(sql)?;
    let rows = query.query_map((run, idx, state.as_str(), change.now().0), |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?))
    })?;
    let lost: Vec<(u32, String)> = rows.collect::<Result<_, _>>()?;
    for (_, step) in &lost {
        journal(change, run, step, json!({ "state": state.as_str() }))?;
    }
    Ok(lost.into_iter().map(|(idx, _)| idx).collect())
}
