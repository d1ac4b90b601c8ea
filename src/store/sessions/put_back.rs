//! A session that the records have lost, put back from what is known of it elsewhere. For the
//! rebuilding of a damaged database alone: everywhere else the phase has one writer.

use serde_json::json;

use crate::model::ids::{Generation, SessionId, Timestamp};
use crate::model::session::{EndReason, Phase};
use crate::model::work::Removal;
use crate::store::{Change, StoreError};

use super::facts::set_processes;
use super::record::Processes;

/// What is known of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its last launch.
    pub generation: Generation,
    /// Host and agent, where they live.
    pub processes: Option<Processes>,
    /// SHA-256 of its agent's token, in hex.
    pub token_hash: Option<String>,
    /// The commit that its branch was made from.
    pub base: Option<String>,
    /// The agent's own conversation.
    pub conversation: Option<String>,
    /// When its id was reserved.
    pub created_at: Timestamp,
    /// Where its worktree has gone, if it has.
    pub removal: Option<Removal>,
}

/// Writes it over the row: live where its processes are known, else over, its host lost.
pub fn put_back(change: &Change<'_>, id: &SessionId, found: &Found) -> Result<(), StoreError> {
    let phase = match &found.processes {
        Some(_) => Phase::Live,
        None => Phase::Ended { reason: EndReason::HostLost },
    };
    let over = phase.is_over();
    let phase_text = serde_json::to_string(&phase).expect("a phase is plain JSON");
    let removal = found.removal.as_ref();
    let removal = removal.map(|it| serde_json::to_string(it).expect("a removal is plain JSON"));
    change.tx.execute(
        "UPDATE sessions SET generation = ?2, phase = ?3, phase_at = ?4, over = ?5, \
         ended_at = CASE WHEN ?5 THEN ?4 END, token_hash = CASE WHEN ?5 THEN NULL ELSE ?6 END, \
         base = coalesce(base, ?7), conversation = coalesce(?8, conversation), created_at = ?9, \
         removal = coalesce(removal, ?10), waits = NULL, activity = NULL, signals = '[]', pane = 'none' \
         WHERE id = ?1",
        rusqlite::params![
            id.as_str(),
            found.generation.0,
            phase_text,
            change.now().0,
            over,
            found.token_hash,
            found.base,
            found.conversation,
            found.created_at.0,
            removal,
        ],
    )?;
    if let Some(processes) = &found.processes {
        set_processes(change, id, processes)?;
    }
    let data = json!({ "generation": found.generation, "phase": phase.as_str() });
    change.record("session.put_back", None, Some(id.as_str()), &data)
}
