//! How long tool calls are kept, and how much room they may take.

use crate::model::ids::Timestamp;
use crate::store::{Change, StoreError, artifacts};

use super::write::holder;

/// Rows dropped in one change: a larger one would hold up what else is to be written.
const AT_ONCE: u32 = 2000;
/// What a row takes beside its bodies, in bytes; a guess.
const ROW: i64 = 1024;

/// Drops all calls and turns of a project's sessions.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    change.tx.execute(
        "DELETE FROM artifact_holds WHERE holder IN \
         (SELECT 'trace:' || id FROM tool_traces WHERE project_id = ?1)",
        [project],
    )?;
    change.tx.execute("DELETE FROM tool_traces WHERE project_id = ?1", [project])?;
    change.tx.execute(
        "DELETE FROM turns WHERE session_id IN (SELECT id FROM sessions WHERE project = ?1)",
        [project],
    )?;
    Ok(())
}

/// Drops calls that were seen before `before`, and the oldest ones beyond `limit_bytes`, artifacts
/// included. Returns whether there may be more to drop.
pub fn shorten(
    change: &Change<'_>,
    before: Timestamp,
    limit_bytes: u64,
) -> Result<bool, StoreError> {
    let limit = i64::try_from(limit_bytes).unwrap_or(i64::MAX);
    let size = format!("{ROW} + coalesce(input_bytes, 0) + coalesce(output_bytes, 0)");
    let sql = format!(
        "SELECT id FROM (SELECT id, seen_at, sum({size}) OVER (ORDER BY id DESC) AS room \
         FROM tool_traces) WHERE seen_at < ?1 OR room > ?2 ORDER BY id LIMIT ?3"
    );
    let ids: Vec<i64> = change
        .tx
        .prepare_cached(&sql)?
        .query_map((before.0, limit, AT_ONCE), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        artifacts::let_go(change, &holder(*id))?;
        change.tx.prepare_cached("DELETE FROM tool_traces WHERE id = ?1")?.execute([id])?;
    }
    let sql = "DELETE FROM turns WHERE started_at < ?1";
    change.tx.execute(sql, [before.0])?;
    Ok(ids.len() as u32 == AT_ONCE)
}
