//! `ao mcp`: how its help and its place in the command line look. The role itself is `crate::mcp`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Failure;

/// Serve ao's tools to an agent: the Model Context Protocol over standard input and output
///
/// Sessions get it from ao by themselves. A worker sees what a worker may do, an orchestrator and
/// a person see everything; who calls is found out as for every other command. To use it from an
/// agent of your own, register `ao mcp --project ID` with it as an MCP server.
#[derive(Debug, Args)]
pub struct McpArgs {}

/// Serves until standard input ends.
pub fn run(context: &Context) -> Result<(), Failure> {
    let project = context.global.project.clone();
    crate::mcp::run(context.environment.clone(), project)
        .map_err(|error| Failure::system("cannot serve the tools", &error, "see the log"))
}
