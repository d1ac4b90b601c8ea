//! Reading tool calls.

use rusqlite::{Connection, OptionalExtension, named_params};

use crate::store::StoreError;

use super::record::{COLUMNS, Trace};

/// Which calls. What is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this session's.
    pub session: Option<String>,
    /// Only this project's.
    pub project: Option<String>,
    /// Only of this turn.
    pub turn: Option<u32>,
    /// Only of this tool.
    pub tool: Option<String>,
    /// Only with this outcome.
    pub outcome: Option<String>,
    /// Only with a smaller number.
    pub before: Option<i64>,
    /// Only with a larger number.
    pub after: Option<i64>,
}

/// One call.
pub fn find(db: &Connection, id: i64) -> Result<Option<Trace>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tool_traces WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], Trace::read).optional()?.transpose()
}

/// At most `limit` calls, in the order in which they were seen: after `after` the first ones, else
/// the last ones.
pub fn list(db: &Connection, filter: &Filter, limit: u32) -> Result<Vec<Trace>, StoreError> {
    let order = if filter.after.is_some() { "" } else { "DESC" };
    let sql = format!(
        "SELECT {COLUMNS} FROM tool_traces WHERE (:session IS NULL OR session_id = :session) \
         AND (:project IS NULL OR project_id = :project) \
         AND (:turn IS NULL OR turn_number = :turn) AND (:tool IS NULL OR tool_name = :tool) \
         AND (:outcome IS NULL OR outcome = :outcome) AND (:before IS NULL OR id < :before) \
         AND (:after IS NULL OR id > :after) ORDER BY id {order} LIMIT :limit"
    );
    let mut query = db.prepare_cached(&sql)?;
    let params = named_params! {
        ":session": filter.session,
        ":project": filter.project,
        ":turn": filter.turn,
        ":tool": filter.tool,
        ":outcome": filter.outcome,
        ":before": filter.before,
        ":after": filter.after,
        ":limit": limit,
    };
    let mut rows: Vec<Trace> =
        query.query_map(params, Trace::read)?.map(|row| row?).collect::<Result<_, _>>()?;
    if filter.after.is_none() {
        rows.reverse();
    }
    Ok(rows)
}
