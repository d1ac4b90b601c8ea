//! Permission requests of agents: the one writer of each, and its readers.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use crate::model::ids::Timestamp;
use crate::model::permission::State;

use super::{Change, StoreError};

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// `p-…`
    pub id: String,
    /// Whose agent asks.
    pub session: String,
    /// Its project.
    pub project: String,
    /// Which launch of it.
    pub generation: u32,
    /// The tool call, where it is known.
    pub call_id: String,
    /// The tool.
    pub tool: String,
    /// What it is about to do, without secrets.
    pub subject: String,
    /// How it stands.
    pub state: State,
    /// The answer holds for all later calls of the tool in this launch.
    pub for_session: bool,
    /// Who decided.
    pub by: Option<String>,
    /// Why, for the agent.
    pub message: Option<String>,
    /// The message by which the orchestrator was asked.
    pub notice: Option<String>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, session, project, generation, call_id, tool, subject, state, scope, by, \
                       message, notice, asked_at, decided_at";

/// The newest so many are kept.
const KEPT: i64 = 10_000;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Not `open`.
    pub state: State,
    /// For all later calls of the tool in this launch.
    pub for_session: bool,
    /// Who decides: `person`, a session's id, `rule`, `terminal`.
    pub by: String,
    /// Why, for the agent.
    pub message: Option<String>,
}

/// A new request; one that a rule has decided is never open. Events: `permission.asked`, then
/// `permission.decided`.
pub fn ask(change: &Change<'_>, permit: &Permit) -> Result<(), StoreError> {
    change
        .tx
        .prepare_cached(
            "INSERT INTO permits (id, session, project, generation, call_id, tool, subject, state, \
             asked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8)",
        )?
        .execute((
            &permit.id,
            &permit.session,
            &permit.project,
            permit.generation,
            &permit.call_id,
            &permit.tool,
            &permit.subject,
            change.now().0,
        ))?;
    let sql = "DELETE FROM permits WHERE seq <= (SELECT max(seq) FROM permits) - ?1";
    change.tx.prepare_cached(sql)?.execute([KEPT])?;
    let data = json!({ "permit": permit.id, "tool": permit.tool, "subject": permit.subject });
    change.record("permission.asked", Some(&permit.project), Some(&permit.session), &data)
}

/// Decides an open request; returns whether it was open.
pub fn decide(change: &Change<'_>, id: &str, decision: &Decision) -> Result<bool, StoreError> {
    let Some(permit) = find(change.db(), id)? else { return Ok(false) };
    if permit.state != State::Open {
        return Ok(false);
    }
    let scope = if decision.for_session { "session" } else { "once" };
    change
        .tx
        .prepare_cached(
            "UPDATE permits SET state = ?2, scope = ?3, by = ?4, message = ?5, decided_at = ?6 \
             WHERE id = ?1",
        )?
        .execute((
            id,
            decision.state.as_str(),
            scope,
            &decision.by,
            &decision.message,
            change.now().0,
        ))?;
    let data = json!({
        "permit": id,
        "tool": permit.tool,
        "state": decision.state.as_str(),
        "scope": scope,
        "by": decision.by,
    });
    change.record("permission.decided", Some(&permit.project), Some(&permit.session), &data)?;
    Ok(true)
}

/// By which message the orchestrator was asked.
pub fn set_notice(change: &Change<'_>, id: &str, message: &str) -> Result<(), StoreError> {
    let sql = "UPDATE permits SET notice = ?2 WHERE id = ?1";
    change.tx.prepare_cached(sql)?.execute((id, message))?;
    Ok(())
}

/// The request of that id.
pub fn find(db: &Connection, id: &str) -> Result<Option<Permit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM permits WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], read).optional()?.transpose()
}

/// The open requests of a session, the oldest first.
pub fn open_of(db: &Connection, session: &str) -> Result<Vec<Permit>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM permits WHERE session = ?1 AND state = 'open' ORDER BY seq");
    rows(db, &sql, (session,))
}

/// The newest requests of a project, or of all, the newest first; those that are decided too where
/// `all` is set.
pub fn list(
    db: &Connection,
    project: Option<&str>,
    all: bool,
    limit: u32,
) -> Result<Vec<Permit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM permits WHERE (?1 IS NULL OR project = ?1) \
         AND (?2 OR state = 'open') ORDER BY seq DESC LIMIT ?3"
    );
    rows(db, &sql, (project, all, limit))
}

/// The answer that holds for all calls of the tool in this launch, if somebody gave one.
pub fn standing(
    db: &Connection,
    session: &str,
    generation: u32,
    tool: &str,
) -> Result<Option<Permit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM permits WHERE session = ?1 AND generation = ?2 AND tool = ?3 \
         AND scope = 'session' ORDER BY seq DESC LIMIT 1"
    );
    db.prepare_cached(&sql)?.query_row((session, generation, tool), read).optional()?.transpose()
}

/// The newest call of the tool that has begun and not ended: the one that a request without an id
/// of its own is about.
pub fn running_call(
    db: &Connection,
    session: &str,
    tool: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT tool_use_id FROM tool_traces WHERE session_id = ?1 AND tool_name = ?2 \
               AND finished_at IS NULL ORDER BY id DESC LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row((session, tool), |row| row.get(0)).optional()?)
}

fn rows(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Permit>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map(params, read)?;
    found.map(|row| row.map_err(StoreError::from)?).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Result<Permit, StoreError>> {
    let state: String = row.get("state")?;
    let Some(state) = State::parse(&state) else {
        return Ok(Err(StoreError::Value { what: "state of a permit", value: state }));
    };
    Ok(Ok(Permit {
        id: row.get("id")?,
        session: row.get("session")?,
        project: row.get("project")?,
        generation: row.get("generation")?,
        call_id: row.get("call_id")?,
        tool: row.get("tool")?,
        subject: row.get("subject")?,
        state,
        for_session: row.get::<_, String>("scope")? == "session",
        by: row.get("by")?,
        message: row.get("message")?,
        notice: row.get("notice")?,
        asked_at: Timestamp(row.get("asked_at")?),
        decided_at: row.get::<_, Option<i64>>("decided_at")?.map(Timestamp),
    }))
}
