//! What the agent of a session's launch has said of its hooks: at which moments it takes something
//! from them, and where it keeps its transcript.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension};

use crate::model::ids::{Generation, SessionId};
use crate::model::message::Boundary;

use super::{Change, StoreError};

/// What it said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookChannel {
    /// Where it takes a text from the answer to its hook.
    pub boundaries: Vec<Boundary>,
    /// The file that holds its conversation, line by line.
    pub transcript: Option<PathBuf>,
}

/// Drops what the agents of a project's sessions have said.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM hook_channels WHERE session IN \
               (SELECT id FROM sessions WHERE project = ?1)";
    change.tx.execute(sql, [project])?;
    Ok(())
}

/// Remembers it for the launch; what an earlier one said is forgotten.
pub fn set(
    change: &Change<'_>,
    id: &SessionId,
    generation: Generation,
    said: &HookChannel,
) -> Result<(), StoreError> {
    let words: Vec<&str> = said.boundaries.iter().map(|boundary| boundary.as_str()).collect();
    let transcript = said.transcript.as_ref().map(|path| path.to_string_lossy().into_owned());
    change
        .tx
        .prepare_cached(
            "INSERT INTO hook_channels (session, generation, boundaries, transcript) \
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT (session) DO UPDATE SET generation = ?2, \
             boundaries = ?3, transcript = ?4",
        )?
        .execute((id.as_str(), generation.0, words.join(" "), transcript))?;
    Ok(())
}

/// What the agent of this launch said; nothing if it said nothing.
pub fn find(db: &Connection, id: &str, generation: Generation) -> Result<HookChannel, StoreError> {
    let sql = "SELECT boundaries, transcript FROM hook_channels \
               WHERE session = ?1 AND generation = ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let words: String = row.get(0)?;
        let transcript: Option<String> = row.get(1)?;
        Ok(HookChannel {
            boundaries: words.split(' ').filter_map(Boundary::parse).collect(),
            transcript: transcript.map(PathBuf::from),
        })
    };
    let found = db.prepare_cached(sql)?.query_row((id, generation.0), read).optional()?;
    Ok(found.unwrap_or_default())
}
