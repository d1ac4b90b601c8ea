//! `ao workflow`: JavaScript that conducts agents.

mod args;
mod budget;
mod control;
mod progress;
mod run;
mod save;
mod scripts;
mod show_runs;

pub use args::WorkflowArgs;
pub use control::run;
