//! The end of a project's runs.

use super::ops::holder;
use crate::store::{Change, StoreError, artifacts};

/// Drops the runs of a project, with what they have told and kept.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    let mut runs = change.tx.prepare("SELECT id FROM workflow_runs WHERE project = ?1")?;
    let runs = runs.query_map([project], |row| row.get::<_, String>(0))?;
    for run in runs.collect::<Result<Vec<_>, _>>()? {
        artifacts::let_go(change, &holder(&run))?;
    }
    for table in ["workflow_ops", "workflow_events"] {
        let of_runs = "run IN (SELECT id FROM workflow_runs WHERE project = ?1)";
        change.tx.execute(&format!("DELETE FROM {table} WHERE {of_runs}"), [project])?;
    }
    for table in ["workflow_cache", "workflow_runs"] {
        change.tx.execute(&format!("DELETE FROM {table} WHERE project = ?1"), [project])?;
    }
    Ok(())
}
