//! Removing worktrees, bringing work back, starting a session again: on the wire.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::SessionView;

/// `POST /sessions/{id}/clean`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clean {
    /// Do it; else only say what would be done.
    pub apply: bool,
    /// Give up what git ignores. Everything else is written under refs all the same.
    pub discard: bool,
}

/// The answer to a clean. Stable shape.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CleanAnswer {
    /// The session after the request.
    pub session: SessionView,
    /// `remove`: it may go, or has gone; `keep`: it stays; `gone`: there was none.
    pub verdict: String,
    /// It has been removed by this request.
    pub removed: bool,
    /// Why it stays, one sentence each.
    pub reasons: Vec<String>,
    /// The work that was found, each piece with what becomes of it.
    pub items: Vec<CleanItem>,
    /// What becomes of the session's branch: `kept`, `removed` where the default branch has all
    /// of it, or null where there is none.
    pub branch: Option<String>,
    /// Where the work is preserved, once it is.
    pub preserved: Option<PreservedView>,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CleanItem {
    /// `changed`, `hidden`, `untracked`, `large`, `filtered`, `ignored`, `cache`, `nested`,
    /// `submodule`, `unstorable`, `special`, `staged`, `operation`, `commits`, `loose`,
    /// `elsewhere`.
    pub what: String,
    /// Its path below the worktree; a folder stands for all in it. Else what it is about.
    pub name: String,
    /// How many files, or commits.
    pub count: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// What becomes of it: `refs` (kept in the repository), `aside` (kept in the data directory),
    /// `branch` (stays on its branch), `removed` (gone for good).
    pub fate: String,
    /// What it is, in words.
    pub why: String,
}

/// Where work is preserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreservedView {
    /// The name that `ao restore-work --slot` takes.
    pub slot: String,
    /// The folder in the data directory.
    pub folder: String,
    /// Refs in the repository, and the objects they point to.
    pub refs: BTreeMap<String, String>,
    /// Bytes that were moved into the folder.
    pub moved_bytes: u64,
}

/// `POST /sessions/{id}/restore-work`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestoreWork {
    /// Which; absent: what was preserved last.
    pub slot: Option<String>,
}

/// The answer to a restore-work.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RestoreWorkAnswer {
    /// The session after the request.
    pub session: SessionView,
    /// What was brought back; null where nothing had been preserved, or the worktree was there.
    pub slot: Option<String>,
    /// What is not exactly as it was.
    pub notices: Vec<String>,
}

/// `POST /sessions/{id}/restore`: start an ended worker again.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Restore {
    /// Begin a new conversation, with the task as its prompt.
    pub fresh: bool,
    /// The caller's PATH, where programs are looked up.
    pub path: Option<String>,
    /// Further variables of the caller's environment for the agent.
    pub env: BTreeMap<String, String>,
}

/// The answer to a restore.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RestoreAnswer {
    /// The session after the request.
    pub session: SessionView,
    /// `started`, or `reused` where it was live.
    pub outcome: String,
    /// The agent goes on with its own conversation.
    pub resumed: bool,
    /// Lines a person should see.
    pub notices: Vec<String>,
}
