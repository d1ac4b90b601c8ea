//! The face for models: ao's tools over the Model Context Protocol, on standard input and output.
//! Each tool parses, calls the supervisor through `client` and answers in a few words; nothing here
//! decides anything. Who calls is the supervisor's to find out, as for every other face. Called by
//! `cli/commands/mcp.rs`.

mod arguments;
mod caller;
mod error;
mod role;
mod run;
mod server;
mod toolbox;
mod tools;

pub use run::run;
