//! One task for one agent in its headless mode, in a session of its own: the one way in which
//! `ao run-agent`, workflows, flows and background subagents have an agent do something. `start`
//! gives the session, `wait` what became of it, also after the supervisor was started anew.

mod cancel;
mod ended;
mod once;
mod outcome;
mod start;
mod wait;

pub use cancel::cancel;
pub use ended::ended;
pub use once::{cancel_once, is_isolated, permission, start_once, tidy};
pub use outcome::outcome;
pub use start::{start, start_allowed};
pub use wait::wait;
