//! Everything a command can leave behind, to see that a refused one left nothing.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Repository, Sandbox};

/// What there is.
#[derive(Debug, PartialEq, Eq)]
pub struct Footprint {
    rows: String,
    branches: Vec<String>,
    worktrees: Vec<String>,
    files: BTreeSet<String>,
    processes: BTreeSet<u32>,
}

impl Footprint {
    /// Of a sandbox with a running supervisor, and of the repositories.
    pub fn of(sandbox: &Sandbox, repositories: &[&Repository]) -> Self {
        let mut rows = String::new();
        for path in ["/projects", "/sessions?all=true", "/messages"] {
            let answer = sandbox.get(path);
            let list = answer.ok();
            // What a session does changes by itself; which there are does not.
            let key = list.as_object().unwrap().keys().next().unwrap().clone();
            for row in list[&key].as_array().unwrap() {
                rows += &format!("{} {} {}\n", row["id"], row["phase"], row["agent_pid"]);
            }
        }
        let mut files = BTreeSet::new();
        for folder in ["worktrees", "sessions", "run/hosts"] {
            tree(&sandbox.data().join(folder), 2, &mut files);
        }
        Self {
            rows,
            branches: repositories.iter().flat_map(|r| r.branches()).collect(),
            worktrees: repositories.iter().flat_map(|r| r.worktrees()).collect(),
            files,
            processes: sandbox.processes().iter().map(|p| p.pid()).collect(),
        }
    }
}

fn tree(folder: &Path, depth: usize, files: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map_while(Result::ok) {
        let path = entry.path();
        // A folder that a project's worktrees go into is no trace of one of them.
        if depth > 1 && path.is_dir() {
            tree(&path, depth - 1, files);
        } else {
            files.insert(path.display().to_string());
        }
    }
}
