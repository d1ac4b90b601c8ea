//! Which flows of a repository a person has agreed to, by the hash of the whole file.

use rusqlite::Connection;
use serde_json::json;

use crate::model::ids::ProjectId;
use crate::store::{Change, StoreError};

/// Whether a person has agreed to the flow with this hash.
pub fn is_trusted(db: &Connection, project: &str, sha256: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM trusted_flows WHERE project = ?1 AND sha256 = ?2)";
    Ok(db.prepare_cached(sql)?.query_row((project, sha256), |row| row.get(0))?)
}

/// Exactly these are trusted from now on.
pub fn set_trusted(
    change: &Change<'_>,
    project: &ProjectId,
    hashes: &[String],
) -> Result<(), StoreError> {
    let id = project.as_str();
    change.tx.prepare_cached("DELETE FROM trusted_flows WHERE project = ?1")?.execute([id])?;
    let sql = "INSERT INTO trusted_flows (project, sha256) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    for hash in hashes {
        change.tx.prepare_cached(sql)?.execute((id, hash))?;
    }
    change.record("project.flows_trusted", Some(id), None, &json!({ "flows": hashes }))
}
