//! A page of a list of runs, newest first. Flows and workflows list theirs alike.

use rusqlite::{Connection, Row};

use super::StoreError;
use crate::model::ids::Timestamp;

/// Which page.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// Of this project, or of all.
    pub project: Option<&'a str>,
    /// The run that the page before ended with: when it was made, and its id.
    pub before: Option<(Timestamp, &'a str)>,
    /// Most runs.
    pub limit: u32,
}

/// The newest runs of `table` that are over, and whether older ones follow.
pub(super) fn over<R>(
    db: &Connection,
    table: &str,
    wanted: &Wanted<'_>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<Result<R, StoreError>>,
) -> Result<(Vec<R>, bool), StoreError> {
    let (begun, id) = wanted.before.map(|(at, id)| (at.0, id)).unzip();
    let mut query = db.prepare_cached(&format!(
        "SELECT * FROM {table} WHERE (?1 IS NULL OR project = ?1) \
         AND finished_at IS NOT NULL AND (?2 IS NULL OR (created_at, id) < (?3, ?2)) \
         ORDER BY created_at DESC, id DESC LIMIT ?4"
    ))?;
    let most = i64::from(wanted.limit) + 1;
    let rows = query.query_map((wanted.project, id, begun, most), |row| read(row))?;
    let mut runs = rows.map(|row| row?).collect::<Result<Vec<_>, _>>()?;
    let has_more = runs.len() > wanted.limit as usize;
    runs.truncate(wanted.limit as usize);
    Ok((runs, has_more))
}
