//! The face for people and scripts: parse, call the supervisor through `client`, print. One file
//! per command; nothing here decides anything about sessions. Called by `main.rs`.

mod args;
mod candidates;
mod checks;
pub mod commands;
mod consent;
mod context;
mod delivery;
mod demo;
mod error;
mod flow_files;
mod output;
mod run;
mod text_input;

pub use args::command;
pub use error::Failure;
pub use run::run;
