//! A person has a step done again, and with it everything that depends on it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::flow::{Meaning, OnFailure, StepState, meaning};
use crate::store::{Change, StoreError};

use super::claim::journal;
use super::finish::follow;

/// Sets the step and all that depends on it back to their beginning; what is before it stays.
/// Returns their ids. An error while one of them is under way.
pub fn retry(change: &Change<'_>, run: &str, step: &str) -> Result<Vec<String>, StoreError> {
    let first = super::step(change.db(), run, step)?;
    let wanted = descendants(change, run, first.idx)?;
    let mut names = Vec::new();
    for idx in &wanted {
        let sql = "SELECT step, state FROM flow_steps WHERE run = ?1 AND idx = ?2";
        let (name, state): (String, String) = change
            .tx
            .prepare_cached(sql)?
            .query_row((run, idx), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if state == StepState::Running.as_str() {
            return Err(StoreError::RunState {
                id: format!("{run} {name}"),
                from: StepState::Running.as_str(),
                to: StepState::Pending.as_str(),
            });
        }
        names.push(name);
    }
    for idx in &wanted {
        let sql = "UPDATE flow_steps SET state = 'pending', version = version + 1, tries = 0, \
                   lost = 0, not_before = 0, result = NULL, bytes = NULL, preview = NULL, \
                   error = NULL, note = NULL, started_at = NULL, finished_at = NULL \
                   WHERE run = ?1 AND idx = ?2";
        change.tx.prepare_cached(sql)?.execute((run, idx))?;
        let sql = "UPDATE flow_work SET void = 1 WHERE run = ?1 AND idx = ?2";
        change.tx.prepare_cached(sql)?.execute((run, idx))?;
    }
    // Only now: what they wait for depends on the states that they have by now.
    for idx in &wanted {
        let (waits, _) = before(change, run, *idx)?;
        let sql = "UPDATE flow_steps SET waits = ?3 WHERE run = ?1 AND idx = ?2";
        change.tx.prepare_cached(sql)?.execute((run, idx, waits))?;
    }
    for idx in &wanted {
        // Something else stands in its way, that is not done again.
        if let (_, Some(lost)) = before(change, run, *idx)? {
            let sql = "UPDATE flow_steps SET state = ?3 WHERE run = ?1 AND idx = ?2";
            change.tx.prepare_cached(sql)?.execute((run, idx, lost.as_str()))?;
            follow(change, run, *idx)?;
        }
    }
    for name in &names {
        journal(change, run, name, json!({ "state": "pending", "again": true }))?;
    }
    Ok(names)
}

/// The step and all that depends on it, in the order of the file.
fn descendants(change: &Change<'_>, run: &str, idx: u32) -> Result<BTreeSet<u32>, StoreError> {
    let (mut found, mut open) = (BTreeSet::from([idx]), vec![idx]);
    let sql = "SELECT step FROM flow_deps WHERE run = ?1 AND depends_on = ?2";
    let mut query = change.tx.prepare_cached(sql)?;
    while let Some(idx) = open.pop() {
        for next in query.query_map((run, idx), |row| row.get::<_, u32>(0))? {
            let next = next?;
            if found.insert(next) {
                open.push(next);
            }
        }
    }
    Ok(found)
}

/// How many of those that a step depends on are not over, and what it becomes where one of them
/// stands in its way for good.
fn before(
    change: &Change<'_>,
    run: &str,
    idx: u32,
) -> Result<(u32, Option<StepState>), StoreError> {
    let sql = "SELECT s.state, s.on_failure FROM flow_deps AS d \
               JOIN flow_steps AS s ON s.run = d.run AND s.idx = d.depends_on \
               WHERE d.run = ?1 AND d.step = ?2";
    let mut query = change.tx.prepare_cached(sql)?;
    let mut rows = query.query((run, idx))?;
    let (mut waits, mut lost) = (0, None);
    while let Some(row) = rows.next()? {
        let (state, on_failure): (String, String) = (row.get(0)?, row.get(1)?);
        let parsed = StepState::parse(&state).zip(OnFailure::parse(&on_failure));
        let (state, on_failure) =
            parsed.ok_or(StoreError::Value { what: "flow step's state", value: state })?;
        match meaning(state, on_failure) {
            Meaning::Over => {}
            Meaning::Open => waits += 1,
            Meaning::Lost(state) => (waits, lost) = (waits + 1, Some(state)),
        }
    }
    Ok((waits, lost))
}
