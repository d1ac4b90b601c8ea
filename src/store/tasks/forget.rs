//! The end of a project's board.

use crate::store::{Change, StoreError};

/// Drops the tasks of a project and lets go of their results.
pub fn forget(change: &Change<'_>, project: &str) -> Result<(), StoreError> {
    change.tx.execute(
        "DELETE FROM artifact_holds WHERE holder IN \
         (SELECT 'task:t-' || id FROM tasks WHERE project = ?1)",
        [project],
    )?;
    change.tx.execute("DELETE FROM tasks WHERE project = ?1", [project])?;
    Ok(())
}
