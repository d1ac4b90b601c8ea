//! How far agents' own records have been read. Moved on in the transaction of what was read, so
//! that nothing is counted twice and nothing is left out.

use rusqlite::{Connection, OptionalExtension};

use crate::store::{Change, StoreError};

/// A place in a transcript.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes, at the begin of a line.
    pub position: u64,
    /// The agent's own name of the turn that the line before belonged to.
    pub turn_key: Option<String>,
    /// The model that was named last, for records that name it apart from its calls.
    pub model: Option<String>,
}

/// How far it has been read; nothing yet: its begin.
pub fn place(db: &Connection, session: &str, path: &str) -> Result<Place, StoreError> {
    let sql =
        "SELECT position, turn_key, model FROM transcripts WHERE session_id = ?1 AND path = ?2";
    let found = db
        .prepare_cached(sql)?
        .query_row((session, path), |row| {
            let position = row.get::<_, i64>(0)?.unsigned_abs();
            Ok(Place { position, turn_key: row.get(1)?, model: row.get(2)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// It has been read as far as that.
pub fn set_place(
    change: &Change<'_>,
    session: &str,
    path: &str,
    place: &Place,
) -> Result<(), StoreError> {
    let position = i64::try_from(place.position).unwrap_or(i64::MAX);
    change
        .tx
        .prepare_cached(
            "INSERT INTO transcripts (session_id, path, position, turn_key, model, read_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (session_id, path) DO UPDATE SET \
             position = excluded.position, turn_key = excluded.turn_key, model = excluded.model, \
             read_at = excluded.read_at",
        )?
        .execute((session, path, position, &place.turn_key, &place.model, change.now().0))?;
    Ok(())
}

/// The transcripts of a session that are known.
pub fn of_session(db: &Connection, session: &str) -> Result<Vec<String>, StoreError> {
    let mut query = db.prepare_cached("SELECT path FROM transcripts WHERE session_id = ?1")?;
    let rows = query.query_map([session], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
