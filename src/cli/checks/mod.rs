//! The checks of `ao doctor`: each looks at one thing and says what to do about it. None starts a
//! supervisor or changes anything.

mod check;
mod directories;
mod programs;
mod supervisor;

pub use check::{Check, Level};
pub use directories::directories;
pub use programs::{agents, git, zellij};
pub use supervisor::supervisor;
