//! Small versioned values by key: a project's own, and one set for each run of a flow.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::ids::Timestamp;

use super::{Change, StoreError};

/// Most keys of a project, or of a run.
const KEYS: u32 = 1000;
/// Most rows: removed values keep theirs for a while, so that no version of a key comes twice.
const ROWS: u32 = 2 * KEYS;

/// Where a value is: the project, the run of a flow (empty for the project's own), the key.
#[derive(Debug, Clone)]
pub struct Place {
    /// The project.
    pub project: String,
    /// The run of a flow, or empty.
    pub flow: String,
    /// The key.
    pub key: String,
}

/// A value.
#[derive(Debug, Clone)]
pub struct Value {
    /// Its key.
    pub key: String,
    /// The value.
    pub value: String,
    /// 1, and one more with every writing.
    pub version: u32,
    /// Who wrote it.
    pub written_by: String,
    /// When.
    pub written_at: Timestamp,
}

/// Under which condition a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Under none.
    Always,
    /// Only if there is none.
    Absent,
    /// Only if it has this version.
    Version(u32),
}

const COLUMNS: &str = "key, value, version, written_by, written_at";

/// The value, if there is one.
pub fn find(db: &Connection, place: &Place) -> Result<Option<Value>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scratchpad WHERE project = ?1 AND flow = ?2 AND key = ?3 \
         AND value IS NOT NULL"
    );
    let mut query = db.prepare_cached(&sql)?;
    Ok(query.query_row((&place.project, &place.flow, &place.key), read).optional()?)
}

/// The value as it was last, also where it has been removed since: then it is empty.
pub fn last(db: &Connection, place: &Place) -> Result<Value, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT key, coalesce(value, ''), version, written_by, written_at FROM scratchpad \
         WHERE project = ?1 AND flow = ?2 AND key = ?3",
    )?;
    let found = query.query_row((&place.project, &place.flow, &place.key), read).optional()?;
    found.ok_or_else(|| StoreError::NotFound { what: "key", id: place.key.clone() })
}

/// All values of a project, or of a run, in the order of their keys.
pub fn list(db: &Connection, project: &str, flow: &str) -> Result<Vec<Value>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scratchpad WHERE project = ?1 AND flow = ?2 \
         AND value IS NOT NULL ORDER BY key"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map((project, flow), read)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Drops everything of a project.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    change.tx.execute("DELETE FROM scratchpad WHERE project = ?1", [project])?;
    Ok(())
}

/// Writes the value if `condition` holds.
pub fn put(
    change: &Change<'_>,
    place: &Place,
    value: &str,
    condition: Condition,
    by: &str,
) -> Result<Value, StoreError> {
    let found = checked(change, place, condition)?;
    if found.is_none() {
        make_room(change, place)?;
    }
    let version = last_version(change, place)? + 1;
    change
        .tx
        .prepare_cached(
            "INSERT INTO scratchpad (project, flow, key, value, version, written_by, written_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET value = ?4, \
             version = ?5, written_by = ?6, written_at = ?7",
        )?
        .execute((&place.project, &place.flow, &place.key, value, version, by, change.now().0))?;
    record(change, place, "scratchpad.written", version, by)?;
    last(change.db(), place)
}

/// Removes the value if `condition` holds; returns what it was.
pub fn remove(
    change: &Change<'_>,
    place: &Place,
    condition: Condition,
    by: &str,
) -> Result<Value, StoreError> {
    let none = || StoreError::NotFound { what: "key", id: place.key.clone() };
    let value = find(change.db(), place)?.ok_or_else(none)?;
    checked(change, place, condition)?;
    change
        .tx
        .prepare_cached(
            "UPDATE scratchpad SET value = NULL, version = version + 1, written_by = ?4, \
             written_at = ?5 WHERE project = ?1 AND flow = ?2 AND key = ?3",
        )?
        .execute((&place.project, &place.flow, &place.key, by, change.now().0))?;
    record(change, place, "scratchpad.removed", value.version, by)?;
    Ok(value)
}

/// The version of the value that is there.
fn checked(
    change: &Change<'_>,
    place: &Place,
    condition: Condition,
) -> Result<Option<u32>, StoreError> {
    let found = find(change.db(), place)?.map(|value| value.version);
    let expected = match condition {
        Condition::Always => found,
        Condition::Absent => None,
        Condition::Version(version) => Some(version),
    };
    if expected == found {
        return Ok(found);
    }
    Err(StoreError::Stale { expected: expected.unwrap_or(0), found: found.unwrap_or(0) })
}

/// The last version that the key had, its removal included.
fn last_version(change: &Change<'_>, place: &Place) -> Result<u32, StoreError> {
    let mut query = change.tx.prepare_cached(
        "SELECT version FROM scratchpad WHERE project = ?1 AND flow = ?2 AND key = ?3",
    )?;
    let found = query.query_row((&place.project, &place.flow, &place.key), |row| row.get(0));
    Ok(found.optional()?.unwrap_or(0))
}

/// Refuses one key too many, and forgets the oldest removed ones beyond the limit.
fn make_room(change: &Change<'_>, place: &Place) -> Result<(), StoreError> {
    let keys: u32 = change
        .tx
        .prepare_cached("SELECT count(value) FROM scratchpad WHERE project = ?1 AND flow = ?2")?
        .query_row((&place.project, &place.flow), |row| row.get(0))?;
    if keys >= KEYS {
        return Err(StoreError::ScratchpadFull { limit: KEYS });
    }
    change
        .tx
        .prepare_cached(
            "DELETE FROM scratchpad WHERE project = ?1 AND flow = ?2 AND value IS NULL \
             AND key IN (SELECT key FROM scratchpad WHERE project = ?1 AND flow = ?2 \
             ORDER BY value IS NULL, written_at DESC LIMIT -1 OFFSET ?3)",
        )?
        .execute((&place.project, &place.flow, ROWS))?;
    Ok(())
}

/// The value itself stays out of the journal.
fn record(
    change: &Change<'_>,
    place: &Place,
    kind: &str,
    version: u32,
    by: &str,
) -> Result<(), StoreError> {
    let flow = Some(&place.flow).filter(|flow| !flow.is_empty());
    let data = serde_json::json!({ "key": place.key, "flow": flow, "version": version, "by": by });
    change.record(kind, Some(&place.project), None, &data)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Value> {
    Ok(Value {
        key: row.get(0)?,
        value: row.get(1)?,
        version: row.get(2)?,
        written_by: row.get(3)?,
        written_at: Timestamp(row.get(4)?),
    })
}
