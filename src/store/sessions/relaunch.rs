//! The intent to relaunch an orchestrator, kept until it has come out.

use std::time::Duration;

use serde_json::json;

use crate::model::ids::SessionId;
use crate::store::{Change, StoreError};

use super::read::expect;

/// How far a relaunch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relaunch {
    /// It is about to begin, with this mode.
    Begun(&'static str),
    /// A try failed, another follows.
    Again {
        /// What went wrong.
        error: String,
        /// When the next one follows.
        pause: Duration,
    },
    /// The new generation runs.
    Done,
    /// It was given up, with these words.
    Failed(String),
}

/// Keeps or drops the intent, and tells of it.
pub fn set_relaunch(
    change: &Change<'_>,
    id: &SessionId,
    relaunch: &Relaunch,
) -> Result<(), StoreError> {
    let session = expect(&change.tx, id)?;
    let mode = match relaunch {
        Relaunch::Begun(mode) => Some((*mode).to_owned()),
        Relaunch::Again { .. } => session.relaunch.clone(),
        Relaunch::Done | Relaunch::Failed(_) => None,
    };
    let sql = "UPDATE sessions SET relaunch = ?2 WHERE id = ?1";
    change.tx.execute(sql, (id.as_str(), &mode))?;
    let (kind, data) = match relaunch {
        Relaunch::Begun(mode) => ("session.relaunching", json!({ "mode": mode })),
        Relaunch::Again { error, pause } => {
            ("session.relaunch_again", json!({ "error": error, "pause_s": pause.as_secs() }))
        }
        Relaunch::Done => ("session.relaunched", json!({ "generation": session.generation })),
        Relaunch::Failed(error) => ("session.relaunch_failed", json!({ "error": error })),
    };
    change.record(kind, Some(session.project.as_str()), Some(id.as_str()), &data)
}
