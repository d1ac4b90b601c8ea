//! What the protocol asks of a server: who it is, which tools there are, and to call them.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::caller::Caller;
use super::error::ToolError;
use super::role::Role;
use super::toolbox::Toolbox;

/// One client's server.
pub(super) struct Server {
    role: Role,
    toolbox: Toolbox,
    caller: Arc<Caller>,
}

impl Server {
    pub(super) fn new(role: Role, caller: Caller) -> Self {
        Self { role, toolbox: Toolbox::of(role), caller: Arc::new(caller) }
    }

    fn about(&self) -> &'static str {
        match self.role {
            Role::Conductor => {
                "Conduct coding agents, each in a git worktree of its own: create_agent, then \
                 wait_for_agent, then get_agent for what it did. Waits end by themselves: call \
                 again after timed_out."
            }
            Role::Worker => {
                "You are one agent of a team. Tell your orchestrator how far you are with report, \
                 and give what you were asked for with submit_result."
            }
            Role::OneShot => "Give what you were asked for with submit_result, once.",
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("ao", env!("CARGO_PKG_VERSION")))
            .with_instructions(self.about())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.toolbox.views()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.toolbox.find(&request.name) else {
            let text = format!("there is no tool {:?} for you; next: tools/list", request.name);
            return Ok(failed(&ToolError::usage(text)).into());
        };
        let work = (tool.run)(self.caller.clone(), request.arguments);
        tokio::select! {
            done = work => Ok(match done {
                Ok(value) => CallToolResult::structured(value).into(),
                Err(error) => failed(&error).into(),
            }),
            // Only the call ends with it, nothing of what it asked about.
            () = context.ct.cancelled() => Ok(failed(&ToolError::usage("cancelled")).into()),
        }
    }
}

fn failed(error: &ToolError) -> CallToolResult {
    let mut text = error.to_string();
    if let Some(current) = &error.current {
        text.push_str("\nIt is now: ");
        text.push_str(&current.to_string());
    }
    CallToolResult::error(vec![ContentBlock::text(text)])
}
