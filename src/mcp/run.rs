//! The process: one client on standard input and output, until it closes them.

use std::io;

use rmcp::ServiceExt;
use rmcp::transport::io::stdio_pipes;

use super::caller::Caller;
use super::role::Role;
use super::server::Server;
use crate::config::Environment;

/// Serves until standard input ends. `project` is what a person named.
///
/// # Errors
/// When the runtime does not start. A client that breaks off is no error.
pub fn run(environment: Environment, project: Option<String>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let role = Role::of(&environment);
        let server = Server::new(role, Caller::new(environment, project));
        // One that goes before it has said hello has nothing to be told.
        if let Ok(service) = server.serve(stdio_pipes()).await {
            let _ = service.waiting().await;
        }
    });
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    Ok(())
}
