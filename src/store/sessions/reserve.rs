//! The first step of a session's life: its id is taken.

use rusqlite::OptionalExtension;
use serde_json::json;

use crate::model::ids::{ProjectId, SessionId};
use crate::model::session::{Kind, OneShot, Phase};
use crate::store::{Change, StoreError};

/// A session that is to be.
#[derive(Debug, Clone)]
pub struct New {
    /// Its id.
    pub id: SessionId,
    /// Its project.
    pub project: ProjectId,
    /// Its kind.
    pub kind: Kind,
    /// A name for people.
    pub label: Option<String>,
    /// An issue's id.
    pub issue: Option<String>,
    /// Who spawns it.
    pub spawned_by: String,
    /// How its results reach who spawned it.
    pub deliver: String,
    /// The agent's name.
    pub agent: String,
    /// JSON of the agent choice.
    pub choice: String,
    /// Its task.
    pub prompt: Option<String>,
    /// Its branch.
    pub branch: String,
    /// Its worktree.
    pub worktree: String,
    /// For the mark in the worktree's git directory.
    pub nonce: String,
    /// The one task of a headless session.
    pub one_shot: Option<OneShot>,
}

/// Takes the id. A second orchestrator of a project, or a taken id, is [`StoreError::Exists`].
pub fn reserve(change: &Change<'_>, new: &New) -> Result<(), StoreError> {
    let taken = "SELECT id FROM sessions \
                 WHERE id = ?1 OR (?2 = 'orchestrator' AND kind = ?2 AND project = ?3)";
    let found: Option<String> = change
        .tx
        .query_row(taken, (new.id.as_str(), new.kind.as_str(), new.project.as_str()), |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(id) = found {
        return Err(StoreError::Exists { what: "session", id });
    }
    let phase = serde_json::to_string(&Phase::Reserved).expect("a phase is plain JSON");
    let one_shot = new.one_shot.as_ref();
    let one_shot = one_shot.map(|it| serde_json::to_string(it).expect("a task is plain JSON"));
    change.tx.execute(
        "INSERT INTO sessions (id, project, kind, label, issue, spawned_by, deliver, agent, choice, \
         prompt, branch, worktree, nonce, phase, phase_at, created_at, one_shot) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16)",
        rusqlite::params![
            new.id.as_str(),
            new.project.as_str(),
            new.kind.as_str(),
            new.label,
            new.issue,
            new.spawned_by,
            new.deliver,
            new.agent,
            new.choice,
            new.prompt,
            new.branch,
            new.worktree,
            new.nonce,
            phase,
            change.now().0,
            one_shot,
        ],
    )?;
    let data = json!({
        "kind": new.kind,
        "agent": new.agent,
        "branch": new.branch,
        "label": new.label,
        "spawned_by": new.spawned_by,
    });
    change.record("session.reserved", Some(new.project.as_str()), Some(new.id.as_str()), &data)
}

/// Takes the reservation back: for a session that never came to life, of which nothing is left, and
/// to which nobody has written.
/// Its number is not used again.
pub fn discard(change: &Change<'_>, id: &SessionId, why: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM hook_channels WHERE session = ?1";
    change.tx.prepare_cached(sql)?.execute([id.as_str()])?;
    let project: Option<String> = change
        .tx
        .query_row("DELETE FROM sessions WHERE id = ?1 RETURNING project", [id.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let data = json!({ "reason": why });
    change.record("session.discarded", project.as_deref(), Some(id.as_str()), &data)
}
