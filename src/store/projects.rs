//! Projects in the store.

use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::json;

use crate::model::ids::{ProjectId, Timestamp};

use super::{Change, StoreError};

/// A registered repository.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What its sessions' ids begin with.
    pub prefix: String,
    /// The main worktree.
    pub path: String,
    /// The git directory that all its worktrees share.
    pub common_dir: String,
    /// What workers branch from.
    pub default_branch: String,
    /// The agent of its sessions, where it says one.
    pub agent: Option<String>,
    /// Its agents' sandboxes may reach the network, and with that ao's socket.
    pub open_network: bool,
    /// Its orchestrator may answer its workers' permission requests.
    pub permits: bool,
    /// Hash of the commands in `ao.toml` that a person has agreed to.
    pub trusted: Option<String>,
    /// Sessions that a start of the supervisor finds lost are started again.
    pub restore: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, prefix, path, common_dir, default_branch, agent, created_at, trusted, restore, \
     open_network, permits";

/// Registers a project whose first worker gets the number `next_worker`. A taken id, prefix or path
/// is [`StoreError::Exists`].
pub fn add(change: &Change<'_>, project: &Project, next_worker: u32) -> Result<(), StoreError> {
    for (what, sql, value) in [
        ("path", "SELECT 1 FROM projects WHERE path = ?1", project.path.as_str()),
        ("project", "SELECT 1 FROM projects WHERE id = ?1", project.id.as_str()),
        ("prefix", "SELECT 1 FROM projects WHERE prefix = ?1", project.prefix.as_str()),
    ] {
        if change.tx.query_row(sql, [value], |_| Ok(())).optional()?.is_some() {
            return Err(StoreError::Exists { what, id: value.to_owned() });
        }
    }
    change.tx.execute(
        "INSERT INTO projects (id, prefix, path, common_dir, default_branch, agent, next_worker, \
         created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            project.id.as_str(),
            &project.prefix,
            &project.path,
            &project.common_dir,
            &project.default_branch,
            &project.agent,
            next_worker,
            project.created_at.0,
        ),
    )?;
    let data = json!({
        "prefix": project.prefix,
        "path": project.path,
        "default_branch": project.default_branch,
    });
    change.record("project.added", Some(project.id.as_str()), None, &data)
}

/// Changes what a person may change.
pub fn set(change: &Change<'_>, project: &Project) -> Result<(), StoreError> {
    let Project { id, default_branch, agent, restore, open_network, permits, .. } = project;
    change.tx.execute(
        "UPDATE projects SET default_branch = ?2, agent = ?3, restore = ?4, \
         open_network = ?5, permits = ?6 WHERE id = ?1",
        (id.as_str(), default_branch, agent, restore, open_network, permits),
    )?;
    let data = json!({
        "default_branch": default_branch, "agent": agent, "restore": restore,
        "open_network": open_network, "permits": permits,
    });
    change.record("project.changed", Some(id.as_str()), None, &data)
}

/// Pins the hash of the commands that may run, or none.
pub fn set_trusted(
    change: &Change<'_>,
    id: &ProjectId,
    hash: Option<&str>,
    commands: &[Vec<String>],
) -> Result<(), StoreError> {
    let sql = "UPDATE projects SET trusted = ?2 WHERE id = ?1";
    change.tx.execute(sql, (id.as_str(), hash))?;
    let data = json!({ "hash": hash, "commands": commands });
    change.record("project.trust", Some(id.as_str()), None, &data)
}

/// Forgets a project, its ended sessions, their messages, notices, tool calls and tokens. The caller has made sure that no
/// session is alive; worktrees and branches stay as they are.
pub fn remove(change: &Change<'_>, id: &ProjectId) -> Result<(), StoreError> {
    let id = id.as_str();
    change.tx.execute("DELETE FROM notices WHERE project = ?1", [id])?;
    change.tx.execute("DELETE FROM messages WHERE project = ?1", [id])?;
    super::traces::forget(change, id)?;
    super::usage::forget(change, id)?;
    super::hook_channels::forget(change, id)?;
    super::workflows::forget(change, id)?;
    super::tasks::forget(change, id)?;
    super::scratchpad::forget(change, id)?;
    change.tx.execute("DELETE FROM sessions WHERE project = ?1", [id])?;
    change.tx.execute("DELETE FROM projects WHERE id = ?1", [id])?;
    change.record("project.removed", Some(id), None, &json!({}))
}

/// Takes the next number for a worker; numbers are never used again.
pub fn next_worker(change: &Change<'_>, id: &ProjectId) -> Result<u32, StoreError> {
    let sql = "UPDATE projects SET next_worker = next_worker + 1 WHERE id = ?1 \
               RETURNING next_worker - 1";
    change
        .tx
        .query_row(sql, [id.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::NotFound { what: "project", id: id.to_string() })
}

/// No worker gets a number up to `used`: branches and worktrees have them.
pub fn skip_numbers(change: &Change<'_>, id: &ProjectId, used: u32) -> Result<(), StoreError> {
    let sql = "UPDATE projects SET next_worker = max(next_worker, ?2 + 1) WHERE id = ?1";
    change.tx.execute(sql, (id.as_str(), used))?;
    Ok(())
}

/// All projects in order of registration.
pub fn list(db: &Connection) -> Result<Vec<Project>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM projects ORDER BY created_at, id");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([], read)?;
    rows.map(|row| row?).collect()
}

/// One project.
pub fn find(db: &Connection, id: &str) -> Result<Option<Project>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM projects WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row([id], read).optional()?.transpose()
}

/// The project of a repository, by its shared git directory.
pub fn find_by_common_dir(db: &Connection, dir: &str) -> Result<Option<Project>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM projects WHERE common_dir = ?1");
    db.prepare_cached(&sql)?.query_row([dir], read).optional()?.transpose()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Result<Project, StoreError>> {
    let id: String = row.get(0)?;
    let Ok(id) = ProjectId::parse(id.clone()) else {
        return Ok(Err(StoreError::Value { what: "project id", value: id }));
    };
    Ok(Ok(Project {
        id,
        prefix: row.get(1)?,
        path: row.get(2)?,
        common_dir: row.get(3)?,
        default_branch: row.get(4)?,
        agent: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        trusted: row.get(7)?,
        restore: row.get(8)?,
        open_network: row.get(9)?,
        permits: row.get(10)?,
    }))
}
