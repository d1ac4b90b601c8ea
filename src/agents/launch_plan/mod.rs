//! What one launch of an agent comes to: arguments, environment, files. Pure; the services write
//! the files (0600) and start the session host with the rest.

mod draft;
mod one_shot;
mod options;
mod plan;

pub use draft::launch_plan;
pub use options::check_options;
pub use plan::{CONVERSATION, GitDirs, LaunchPlan, LaunchRequest, Turns};
