//! Sessions that wait for room: their order, why they wait, and the counts that admission asks for.

use rusqlite::Connection;
use serde_json::json;

use crate::model::admission::Full;
use crate::model::ids::SessionId;
use crate::model::session::PhaseEvent;
use crate::store::{Change, StoreError};

use super::read::{expect, many};
use super::record::Session;

/// Those that wait, whoever asked first first.
pub fn waiting(db: &Connection) -> Result<Vec<Session>, StoreError> {
    many(db, "waits IS NOT NULL AND ?1 IS NULL", None, "rowid")
}

/// How many sessions are not over and do not wait: of a project, or of all.
pub fn count_live(db: &Connection, project: Option<&str>) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM sessions \
               WHERE over = 0 AND waits IS NULL AND (?1 IS NULL OR project = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([project], |row| row.get(0))?)
}

/// How many of the sessions that `spawner` started are not over and do not wait.
pub fn count_started_by(db: &Connection, spawner: &str) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM sessions \
               WHERE over = 0 AND waits IS NULL AND spawned_by = ?1";
    Ok(db.prepare_cached(sql)?.query_row([spawner], |row| row.get(0))?)
}

/// Says that a reserved session waits, and for what. A reason of the same kind as before, with
/// other numbers, is no news.
pub fn set_waits(change: &Change<'_>, id: &SessionId, full: &Full) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    if session.waits.as_ref().is_some_and(|before| before.is_like(full)) {
        return Ok(());
    }
    let text = serde_json::to_string(full).expect("a reason is plain JSON");
    let sql = "UPDATE sessions SET waits = ?2 WHERE id = ?1";
    change.tx.execute(sql, (id.as_str(), text))?;
    let data = json!({ "reason": full.to_string() });
    let project = session.project.as_str();
    change.record("session.waiting", Some(project), Some(id.as_str()), &data)
}

/// Its turn has come: it waits no longer and counts as live.
pub fn take_turn(change: &Change<'_>, id: &SessionId) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    change.tx.execute("UPDATE sessions SET waits = NULL WHERE id = ?1", [id.as_str()])?;
    let project = session.project.as_str();
    change.record("session.turn", Some(project), Some(id.as_str()), &json!({}))
}

/// Its start was cut off before an agent ran, and nothing of it is left: it waits again, in the
/// place that it had.
pub fn wait_again(change: &Change<'_>, id: &SessionId, full: &Full) -> Result<(), StoreError> {
    super::set_phase(change, id, PhaseEvent::Requeue)?;
    set_waits(change, id, full)
}
