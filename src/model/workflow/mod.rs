//! Workflow runs: what an agent is asked, under which key its result is known, in which order
//! results reach a script, and what a run and its operations may become.

mod call;
mod key;
mod outcome;
mod replay;
mod schema;
mod slots;
mod state;
mod title;

pub use call::{AgentCall, Attachment, CAPABILITIES, Cache, CallError, Isolation};
pub use key::{canonical, key};
pub use outcome::{LargeResult, Outcome, OutcomeKind};
pub use replay::{Due, Next, Replay};
pub use schema::{Schema, SchemaError};
pub use slots::Turns;
pub use state::{OpState, RunState};
pub use title::phase_title;
