//! The processes that work for a step: the intent before each, what came of it after.

use rusqlite::Connection;

use crate::model::flow::Budget;
use crate::store::artifacts::{self, Stored};
use crate::store::{Change, StoreError};

use super::finish::holder;
use super::runs::found;

/// A process to be.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The step's number.
    pub idx: u32,
    /// The attempt.
    pub attempt: u32,
    /// The item's number, in a step with `foreach`.
    pub item: Option<u32>,
    /// The agent and its model; nothing for a program.
    pub agent: Option<String>,
}

impl Intent {
    fn item(&self) -> i64 {
        self.item.map_or(-1, i64::from)
    }
}

/// Whether a process may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It may; the intent is on record.
    Now,
    /// The intent was on record already: an earlier supervisor's.
    Before,
    /// The budget is used up: why, in words.
    UsedUp(String),
}

/// What came of a process.
#[derive(Debug, Clone, Default)]
pub struct WorkEnd {
    /// Its result, if there is one.
    pub result: Option<Stored>,
    /// Why there is none.
    pub error: Option<String>,
    /// Tokens that it has told of.
    pub tokens: u64,
    /// Tools that it has called.
    pub tool_calls: u32,
    /// Where its work was kept, for people.
    pub kept: Option<String>,
    /// What it cost, as far as prices are known.
    pub money: f64,
}

/// Puts the intent on record, unless the budget is used up by now.
pub fn begin(
    change: &Change<'_>,
    run: &str,
    intent: &Intent,
    budget: &Budget,
) -> Result<Begun, StoreError> {
    if is_begun(change.db(), run, intent)? {
        return Ok(Begun::Before);
    }
    let row = found(change, run)?;
    if intent.agent.is_some()
        && let Some(reason) = budget.used_up(&row.spent)
    {
        return Ok(Begun::UsedUp(reason));
    }
    if let Some(reason) = budget.over_time(row.created_at, change.now()) {
        return Ok(Begun::UsedUp(reason));
    }
    let sql = "INSERT INTO flow_work (run, idx, attempt, item, agent, started_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let params = rusqlite::params![
        run,
        intent.idx,
        intent.attempt,
        intent.item(),
        intent.agent,
        change.now().0
    ];
    change.tx.prepare_cached(sql)?.execute(params)?;
    if intent.agent.is_some() {
        let sql = "UPDATE flow_runs SET agents = agents + 1 WHERE id = ?1";
        change.tx.prepare_cached(sql)?.execute([run])?;
    }
    Ok(Begun::Now)
}

/// Whether the intent is on record.
pub fn is_begun(db: &Connection, run: &str, intent: &Intent) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM flow_work \
               WHERE run = ?1 AND idx = ?2 AND attempt = ?3 AND item = ?4)";
    let params = rusqlite::params![run, intent.idx, intent.attempt, intent.item()];
    Ok(db.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
}

/// Writes down what came of it, once.
pub fn end(
    change: &Change<'_>,
    run: &str,
    intent: &Intent,
    end: &WorkEnd,
) -> Result<(), StoreError> {
    let sql = "UPDATE flow_work SET result = ?5, bytes = ?6, error = ?7, tokens = ?8, \
               tool_calls = ?9, money = ?10, ended_at = ?11, worktree = ?12 \
               WHERE run = ?1 AND idx = ?2 AND attempt = ?3 AND item = ?4 AND ended_at IS NULL";
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let params = rusqlite::params![
        run,
        intent.idx,
        intent.attempt,
        intent.item(),
        end.result.as_ref().map(|stored| &stored.sha256),
        end.result.as_ref().map(|stored| number(stored.bytes)),
        end.error,
        number(end.tokens),
        end.tool_calls,
        end.money,
        change.now().0,
        end.kept,
    ];
    if change.tx.prepare_cached(sql)?.execute(params)? == 0 {
        return Ok(());
    }
    if let Some(stored) = &end.result {
        artifacts::hold(change, stored, &holder(run))?;
    }
    let sql = "UPDATE flow_runs SET tokens = tokens + ?2, money = money + ?3 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((run, number(end.tokens), end.money))?;
    Ok(())
}

/// Results of a step's items that are there, from whatever attempt: number and artifact.
pub fn finished_items(
    db: &Connection,
    run: &str,
    idx: u32,
) -> Result<Vec<(u32, String)>, StoreError> {
    let sql = "SELECT item, result FROM flow_work WHERE run = ?1 AND idx = ?2 AND item >= 0 \
               AND void = 0 AND result IS NOT NULL ORDER BY item";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map((run, idx), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Processes of a run that have not ended: step, attempt and item, for who ends them.
pub fn lost_work(db: &Connection, run: &str) -> Result<Vec<Intent>, StoreError> {
    let sql = "SELECT idx, attempt, item, agent FROM flow_work \
               WHERE run = ?1 AND ended_at IS NULL";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([run], |row| {
        let item: i64 = row.get(2)?;
        Ok(Intent {
            idx: row.get(0)?,
            attempt: row.get(1)?,
            item: u32::try_from(item).ok(),
            agent: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
