//! The checks of `ao doctor`: each looks at one thing and says what to do about it. None starts a
//! supervisor or changes anything.

mod check;
mod directories;
mod git_locks;
mod programs;
mod supervisor;

pub use self::directories::directories;
pub use check::{Check, Level};
pub use git_locks::git_locks;
pub use programs::{agents, git, zellij};
pub use supervisor::{supervisor, warnings};
