//! What must be true once everything has come to rest, whoever died meanwhile.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::storm::field::until;
use crate::support::{Process, Repository, Sandbox, described};

/// For everything that was cut off to be finished, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// All sessions, once none of them is on its way from one phase to another.
pub fn at_rest(sandbox: &Sandbox) -> Vec<Value> {
    let mut rows = Vec::new();
    let rests = until(&sandbox.data(), LIMIT, || {
        rows = all(sandbox);
        rows.iter().all(|row| row["phase"] == "live" || row["phase"] == "ended")
    });
    assert!(rests, "not at rest within {LIMIT:?}: {rows:#?}");
    rows
}

fn all(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.ao(&["ls", "--all"]).json()["sessions"].as_array().unwrap().clone()
}

/// One supervisor, one orchestrator per project; session, host, agent, worktree and branch one to
/// one; no process and no half worktree is left; the repositories and the database are sound.
/// Returns the sessions.
pub fn assert_sound(sandbox: &Sandbox, repositories: &[&Repository]) -> Vec<Value> {
    let rows = at_rest(sandbox);
    let live: Vec<&Value> = rows.iter().filter(|row| row["phase"] == "live").collect();
    one_to_one(&live);
    orchestrators(&live);
    processes(sandbox, &live);
    for repository in repositories {
        worktrees(sandbox, repository, &rows);
        let lost = repository.git(&["fsck", "--no-progress", "--connectivity-only"]);
        assert!(!lost.contains("missing") && !lost.contains("broken"), "{lost}");
    }
    database(&sandbox.data().join("ao.db"));
    rows
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field}: {row}"))
}

fn one_to_one(live: &[&Value]) {
    for field in ["id", "host_pid", "agent_pid", "worktree", "branch"] {
        let distinct: BTreeSet<String> = live.iter().map(|row| row[field].to_string()).collect();
        assert_eq!(distinct.len(), live.len(), "{field}: {live:#?}");
        assert!(!distinct.contains("null"), "{field}: {live:#?}");
    }
}

fn orchestrators(live: &[&Value]) {
    let projects: Vec<&Value> = live
        .iter()
        .filter(|row| row["kind"] == "orchestrator")
        .map(|row| &row["project"])
        .collect();
    let distinct: BTreeSet<String> = projects.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), projects.len(), "{live:#?}");
}

/// Nothing runs but one supervisor, its keeper, and the hosts and agents of live sessions; and
/// those do.
fn processes(sandbox: &Sandbox, live: &[&Value]) {
    let pid = |row: &Value, field: &str| u32::try_from(row[field].as_u64().unwrap()).unwrap();
    let mut known: BTreeSet<u32> = BTreeSet::new();
    for row in live {
        known.extend([pid(row, "host_pid"), pid(row, "agent_pid")]);
    }
    let alive = |pid: &u32| Process::of(u64::from(*pid)).is_alive();
    assert!(known.iter().all(alive), "{live:#?}");
    let supervisor = sandbox.supervisor();
    known.insert(supervisor.pid());
    known.insert(keeper(supervisor));
    let mut strays = Vec::new();
    // A command or a hook that is on its way out is none.
    let none = until(&sandbox.data(), LIMIT, || {
        strays = sandbox.processes();
        strays.retain(|process| !known.contains(&process.pid()));
        strays.is_empty()
    });
    assert!(none, "stray processes: {:#?}", strays.into_iter().map(described).collect::<Vec<_>>());
}

fn keeper(supervisor: Process) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", supervisor.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    line.trim().parse().unwrap()
}

/// Every worktree of git's is a session's that has not been cleaned, whole, and on its branch; and
/// each such session has one.
fn worktrees(sandbox: &Sandbox, repository: &Repository, rows: &[Value]) {
    let root = repository.path().file_name().unwrap().to_str().unwrap();
    let expected: BTreeSet<String> = rows
        .iter()
        .filter(|row| row["project"] == root && row["cleaned_at"].is_null())
        .map(|row| text(row, "worktree").to_owned())
        .collect();
    let list = repository.git(&["worktree", "list", "--porcelain"]);
    assert!(!list.contains("locked initializing"), "{list}");
    let registered: BTreeSet<String> = repository.worktrees().into_iter().skip(1).collect();
    assert_eq!(registered, expected, "{rows:#?}");
    let folder = sandbox.data().join("worktrees").join(root);
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .map(|all| all.map(|entry| entry.unwrap().path().display().to_string()).collect())
        .unwrap_or_default();
    assert_eq!(there, expected, "what lies in {}", folder.display());
    let branches: BTreeSet<String> = repository.branches().into_iter().collect();
    for row in rows.iter().filter(|row| expected.contains(text(row, "worktree"))) {
        assert!(branches.contains(text(row, "branch")), "{row:#?}: {branches:?}");
    }
    let known: BTreeSet<&str> = rows.iter().map(|row| text(row, "branch")).collect();
    for branch in &branches {
        let ours = branch.starts_with("worker/") || branch.starts_with("orchestrator/");
        assert!(!ours || known.contains(branch.as_str()), "{branch} is nobody's: {rows:#?}");
    }
}

/// A database is whole.
pub fn database(file: &Path) {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(file, flags).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut broken = db.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!broken.exists([]).unwrap());
}
