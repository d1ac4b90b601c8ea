//! Reading model calls: one by one, and summed up.

use rusqlite::{Connection, Row, named_params};

use crate::model::ids::Timestamp;
use crate::model::usage::Tokens;
use crate::store::StoreError;

/// What is summed up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Each session.
    Session,
    /// Orchestrators, workers.
    Role,
    /// Each project.
    Project,
    /// Each day, in UTC.
    Day,
    /// Each model.
    Model,
}

impl By {
    /// As it is asked for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "session" => Self::Session,
            "role" => Self::Role,
            "project" => Self::Project,
            "day" => Self::Day,
            "model" => Self::Model,
            _ => return None,
        })
    }

    fn column(self) -> &'static str {
        match self {
            Self::Session => "session_id",
            Self::Role => "role",
            Self::Project => "project_id",
            Self::Day => "date(at / 1000, 'unixepoch')",
            Self::Model => "model",
        }
    }
}

/// Which calls. What is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this session's.
    pub session: Option<String>,
    /// Only this project's.
    pub project: Option<String>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
}

/// Calls of one key and one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// A session, a role, a project, a day or a model.
    pub key: String,
    /// The model, for its price.
    pub model: String,
    /// How many calls.
    pub calls: u64,
    /// Turns that they were made in.
    pub turns: u64,
    /// How often a cache was lost.
    pub breaks: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// All of them are what the provider counted.
    pub exact: bool,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// The turn, from 1.
    pub turn: u32,
    /// The conversation.
    pub chat: Option<String>,
    /// The subagent; empty: none.
    pub chain: String,
    /// The model.
    pub model: String,
    /// When it answered.
    pub at: Timestamp,
    /// Its tokens.
    pub tokens: Tokens,
    /// See [`super::Counted::exact`].
    pub exact: bool,
    /// JSON: how its cache was lost.
    pub cache_break: Option<String>,
}

/// Sums of tokens, in the order of the keys; one for each model.
pub fn sums(db: &Connection, by: By, filter: &Filter) -> Result<Vec<Sum>, StoreError> {
    let sql = format!(
        "SELECT {} AS k, model, sum(input), sum(cache_read), sum(cache_write), sum(output), \
         sum(reasoning), count(*), count(DISTINCT session_id || '/' || turn_number), \
         count(cache_break), min(exact) FROM model_calls \
         WHERE (:session IS NULL OR session_id = :session) \
         AND (:project IS NULL OR project_id = :project) AND (:since IS NULL OR at >= :since) \
         GROUP BY k, model ORDER BY k, model",
        by.column()
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":session": filter.session,
        ":project": filter.project,
        ":since": filter.since.map(|at| at.0),
    };
    let number = |row: &Row<'_>, at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
    let rows = query.query_map(params, |row| {
        Ok(Sum {
            key: row.get(0)?,
            model: row.get(1)?,
            tokens: tokens(row, 2)?,
            calls: number(row, 7)?,
            turns: number(row, 8)?,
            breaks: number(row, 9)?,
            exact: row.get(10)?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// A session's newest `limit` calls, oldest first.
pub fn calls(db: &Connection, session: &str, limit: u32) -> Result<Vec<ModelCall>, StoreError> {
    let sql = "SELECT turn_number, chat_id, chain, model, at, exact, cache_break, input, \
               cache_read, cache_write, output, reasoning FROM model_calls WHERE session_id = ?1 \
               ORDER BY id DESC LIMIT ?2";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map((session, limit), |row| {
        Ok(ModelCall {
            turn: row.get(0)?,
            chat: row.get(1)?,
            chain: row.get(2)?,
            model: row.get(3)?,
            at: Timestamp(row.get(4)?),
            exact: row.get(5)?,
            cache_break: row.get(6)?,
            tokens: tokens(row, 7)?,
        })
    })?;
    let mut calls: Vec<ModelCall> = rows.collect::<Result<_, _>>()?;
    calls.reverse();
    Ok(calls)
}

/// Five columns: input, cache_read, cache_write, output, reasoning.
pub(super) fn tokens(row: &Row<'_>, first: usize) -> rusqlite::Result<Tokens> {
    let number = |at: usize| row.get::<_, i64>(first + at).map(i64::unsigned_abs);
    Ok(Tokens {
        input: number(0)?,
        cache_read: number(1)?,
        cache_write: number(2)?,
        output: number(3)?,
        reasoning: number(4)?,
    })
}
