//! The journal: one numbered row for each thing that happened. Never edited; the oldest rows are
//! dropped beyond a limit, and readers are told of the gap.

use rusqlite::Connection;

use crate::model::ids::Timestamp;

use super::{Change, StoreError};

/// Rows kept. A row has about 300 bytes: 60 MB.
pub const KEEP: u64 = 200_000;

/// One journal row.
#[derive(Debug, Clone)]
pub struct Row {
    /// 1, 2, 3 …
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `session.live`, `message.accepted` …
    pub kind: String,
    /// The project.
    pub project: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// JSON.
    pub data: String,
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this project's.
    pub project: Option<String>,
    /// Only this session's.
    pub session: Option<String>,
    /// Only kinds that begin with this.
    pub kind: Option<String>,
}

/// The newest row's number, 0 when there is none.
pub fn newest(db: &Connection) -> Result<u64, StoreError> {
    let seq: i64 = db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM journal")?
        .query_row([], |row| row.get(0))?;
    Ok(seq.unsigned_abs())
}

/// The oldest row that is kept, 0 when there is none.
pub fn oldest(db: &Connection) -> Result<u64, StoreError> {
    let seq: i64 =
        db.query_row("SELECT coalesce(min(seq), 0) FROM journal", [], |row| row.get(0))?;
    Ok(seq.unsigned_abs())
}

const COLUMNS: &str = "seq, at, kind, project, session, request_id, data";
const MATCHES: &str = "(?1 IS NULL OR project = ?1) AND (?2 IS NULL OR session = ?2) \
                       AND (?3 IS NULL OR substr(kind, 1, length(?3)) = ?3)";

/// At most `limit` rows after number `since`, oldest first.
pub fn after(
    db: &Connection,
    since: u64,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM journal WHERE {MATCHES} AND seq > ?4 ORDER BY seq LIMIT ?5");
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let mut query = db.prepare_cached(&sql)?;
    let rows = query
        .query_map((&filter.project, &filter.session, &filter.kind, since, limit), read_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// The newest `limit` rows, oldest first.
pub fn last(db: &Connection, filter: &Filter, limit: u32) -> Result<Vec<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM journal WHERE {MATCHES} ORDER BY seq DESC LIMIT ?4");
    let mut query = db.prepare_cached(&sql)?;
    let rows =
        query.query_map((&filter.project, &filter.session, &filter.kind, limit), read_row)?;
    let mut rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    rows.reverse();
    Ok(rows)
}

/// Drops the oldest rows beyond `keep`; returns how many.
pub fn shorten(change: &Change<'_>, keep: u64) -> Result<usize, StoreError> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    let sql = "DELETE FROM journal WHERE seq <= (SELECT max(seq) FROM journal) - ?1";
    Ok(change.tx.execute(sql, [keep])?)
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let seq: i64 = row.get(0)?;
    Ok(Row {
        seq: seq.unsigned_abs(),
        at: Timestamp(row.get(1)?),
        kind: row.get(2)?,
        project: row.get(3)?,
        session: row.get(4)?,
        request_id: row.get(5)?,
        data: row.get(6)?,
    })
}
