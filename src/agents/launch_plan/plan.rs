//! What a launch is asked for, and what it comes to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::agents::headless::Form;
use crate::model::ids::{ProjectId, SessionId};
use crate::model::session::OneShot;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct LaunchRequest {
    /// Whose launch it is.
    pub session: SessionId,
    /// The session's project.
    pub project: ProjectId,
    /// For an agent that is any command: that command.
    pub command: Vec<String>,
    /// The task, if there is one.
    pub prompt: Option<String>,
    /// The role.
    pub system_prompt: Option<String>,
    /// The agent's own name for a model.
    pub model: Option<String>,
    /// A permission mode: our name, or the agent's own.
    pub permission: Option<String>,
    /// The conversation to resume, or the id for a new one.
    pub conversation_id: Option<String>,
    /// Continue that conversation.
    pub resume: bool,
    /// Where files of this launch go.
    pub generation_dir: PathBuf,
    /// This program, absolute.
    pub ao_binary: PathBuf,
    /// Where the agent works.
    pub worktree: PathBuf,
    /// Where git keeps that worktree's index and HEAD, and where what all worktrees share.
    pub git_dirs: Option<GitDirs>,
    /// The repository's main worktree, if a person has registered it and `worktree` carries the
    /// session's mark.
    pub trusted_repository: Option<PathBuf>,
    /// The project lets its agents' sandboxes reach the network.
    pub open_network: bool,
    /// The agent is given ao's tools, where its manifest has a place for them.
    pub toolbox: bool,
    /// In its one-shot mode.
    pub one_shot: Option<OneShot>,
}

/// The directories that git writes to for one worktree.
#[derive(Debug, Clone)]
pub struct GitDirs {
    /// Of this worktree alone.
    pub own: PathBuf,
    /// Of all worktrees of the repository.
    pub common: PathBuf,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchPlan {
    /// Program and arguments. The program is as in the manifest or command: to be looked up.
    pub argv: Vec<String>,
    /// Variables to set, over everything else.
    pub env_set: BTreeMap<String, String>,
    /// Variables to remove before; a `*` at the end stands for any rest.
    pub env_unset: Vec<String>,
    /// Files to write first, with mode 0600.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// The text to paste when the agent is ready.
    pub prompt_by_paste: Option<String>,
    /// Whether the agent finds its task in its arguments, and takes it up by itself.
    pub prompt_at_launch: bool,
    /// The conversation, where its id is known by now.
    pub conversation_id: Option<String>,
    /// In the one-shot mode: how turns are taken. The argv is that of the first.
    pub turns: Option<Turns>,
}

/// How an agent's one-shot mode takes turns. Its task is for standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    /// How what it prints is understood.
    pub form: Form,
    /// The argv that goes on with the conversation, with the word [`CONVERSATION`] where its id
    /// goes; none: it is asked anew.
    pub again: Option<Vec<String>>,
    /// The agent itself was given the schema.
    pub knows_schema: bool,
    /// The role, where the agent can be told of it only before its task.
    pub preface: Option<String>,
}

/// Stands in [`Turns::again`] for the conversation's id.
pub const CONVERSATION: &str = "{conversation_id}";

impl LaunchPlan {
    /// Whether a variable is to be removed.
    #[must_use]
    pub fn unsets(&self, name: &str) -> bool {
        self.env_unset.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        })
    }
}
