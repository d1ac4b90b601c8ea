//! The work in a session's worktree, and what may become of it when the worktree is removed.
//! The workspace finds the facts; here they are judged. Used by `workspace` and the service behind
//! `ao clean`.

mod cache;
mod decision;
mod item;
mod removal;

pub use cache::{FolderEvidence, is_cache};
pub use decision::{Found, Obstacle, Standing, Verdict, decide, decide_unseen};
pub use item::{Fate, Item, What};
pub use removal::{Removal, RemovalState};
