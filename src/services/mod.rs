//! What ao does: one folder per noun, one file per verb. Decisions are the model's; services carry
//! them out, and tell the store what came of it. Called by `supervisor`.

pub mod agent_types;
mod agents;
pub mod artifacts;
pub mod breakers;
mod error;
pub mod events;
pub mod flows;
pub mod headless;
pub mod hooks;
mod hosts;
mod interrupts;
pub mod lanes;
pub mod messages;
pub mod notify;
pub mod orchestrator;
pub mod panes;
pub mod permits;
pub mod ping_pong;
pub mod projects;
pub mod prompts;
mod readiness;
pub mod reaper;
pub mod rebuild;
pub mod reports;
mod request;
pub mod scratchpad;
pub mod secret;
pub mod sessions;
pub mod subagents;
pub mod supervisor;
pub mod tasks;
pub mod traces;
pub mod usage;
mod versions;
mod warnings;
pub mod workflows;
mod world;

pub use error::ServiceError;
pub use hosts::Hosts;
pub use interrupts::Interrupts;
pub use readiness::Readiness;
pub use request::Request;
pub use world::{Parts, World};
