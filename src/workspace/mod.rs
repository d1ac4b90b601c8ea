//! Git worktrees of sessions: find out about a repository, add a worktree in steps that can be
//! undone, verify, inspect, make one anew. Called by the services that start sessions. Reading
//! goes through libgit2, changes through git itself. Nothing here removes a worktree in which an
//! agent has run.

mod add;
mod branch;
mod default_branch;
mod error;
mod fetch;
mod git;
mod inspect;
mod last_commit;
mod locks;
mod mark;
mod reattach;
mod registration;
mod repository;
mod spec;
mod status;
mod undo;
mod verify;

pub use add::{add, check_out, create, seal, unseal};
pub use branch::{BranchState, branch_state, check_branch_name, local_branches};
pub use error::WorkspaceError;
pub use fetch::fetch;
pub use git::{Deadlines, Git};
pub use inspect::{COMMITS, CommitFacts, WorktreeFacts, inspect_worktree};
pub use last_commit::last_commit;
pub use locks::RepositoryLocks;
pub use mark::Mark;
pub use reattach::{Reattached, reattach};
pub use repository::{Head, RepositoryFacts, inspect};
pub use spec::{WorktreeRequest, WorktreeSpec, new_nonce, prepare, resolve_base};
pub use undo::{Undone, undo};
pub use verify::{Verified, verify};
