//! Git worktrees of sessions: find out about a repository, add a worktree in steps that can be
//! undone, verify, inspect, make one anew; preserve the work in one, remove it, bring it back.
//! Called by the services of sessions. Reading, and writing objects, goes through libgit2, every
//! other change through git itself. A worktree in which an agent has run is removed by
//! [`remove()`] alone, once [`preserve()`] has returned.

mod add;
mod beneath;
mod branch;
mod default_branch;
mod error;
mod fetch;
mod git;
mod include;
mod inspect;
mod judge;
mod last_commit;
mod link;
mod listing;
mod locks;
mod manifest;
mod mark;
mod nested;
mod pointer;
mod preserve;
mod reattach;
mod registration;
mod relocate;
mod remove;
mod repository;
mod restore;
mod scan;
mod spec;
mod status;
mod tips;
mod tree;
mod undo;
mod verify;
mod working_state;

pub use add::{add, check_out, create, seal, unseal};
pub use branch::{BranchState, branch_state, check_branch_name, local_branches};
pub use error::WorkspaceError;
pub use fetch::fetch;
pub use git::{Deadlines, Git};
pub use include::{Included, include};
pub use inspect::{COMMITS, CommitFacts, WorktreeFacts, inspect_worktree};
pub use last_commit::last_commit;
pub use link::link;
pub use locks::RepositoryLocks;
pub use manifest::{LastPreserved, Slot, last_preserved};
pub use mark::Mark;
pub use pointer::git_dir;
pub use preserve::{Preserved, Quiet, preserve, quiet};
pub use reattach::{Reattached, reattach};
pub use remove::{Removed, finish_removal, is_under_way, remove};
pub use repository::{Head, RepositoryFacts, inspect};
pub use restore::{Restored, restore, revive_branch, was_restored};
pub use scan::{Scan, scan};
pub use spec::{WorktreeRequest, WorktreeSpec, new_nonce, prepare, resolve_base};
pub use undo::{Undone, undo};
pub use verify::{Verified, verify};
pub use working_state::{WorkingState, working_state};
