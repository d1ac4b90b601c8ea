//! What an agent is told about its role when it starts. Templates are in the `*.md.j2` files
//! beside this one; every command in them comes from `commands`, and `tests/arch` parses each with
//! the real command line. Called when a session's launch is planned.

mod commands;
mod render;

pub use commands::CommandExample;
pub use render::{BEGUN_ANEW, OrchestratorFacts, PromptError, WorkerFacts, orchestrator, worker};
