//! The way from a tool to the supervisor. The address is looked up at each call, so that a
//! supervisor that came back is found; nothing is ever started from here.

use std::time::Duration;

use rmcp::model::JsonObject;
use tokio::sync::OnceCell;

use super::error::ToolError;
use crate::client::{Address, Client, ClientError, Target, default_project};
use crate::config::{Environment, Paths};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::supervisor::SupervisorView;

/// How long a supervisor may be silent before it counts as down.
const ALIVE: Duration = Duration::from_millis(1500);

/// Whoever started this process, as far as calls need it.
#[derive(Debug)]
pub(super) struct Caller {
    /// The environment, taken once.
    pub(super) environment: Environment,
    named: Option<String>,
    project: OnceCell<String>,
}

impl Caller {
    pub(super) fn new(environment: Environment, named: Option<String>) -> Self {
        Self { environment, named, project: OnceCell::new() }
    }

    /// A client of a supervisor that answers.
    pub(super) async fn client(&self) -> Result<Client, ToolError> {
        let paths = Paths::resolve_recorded(&self.environment).map_err(|error| {
            ToolError::usage(format!(
                "cannot tell where ao's data lies: {error}; next: `ao doctor`"
            ))
        })?;
        let client = Client::new(Address::new(paths, &self.environment));
        let health = Target::new(&["health"]);
        let _: SupervisorView = client.clone().within(ALIVE).get(&health).await.map_err(down)?;
        Ok(client)
    }

    /// The same with the caller's own key.
    pub(super) async fn client_with(&self, key: Option<String>) -> Result<Client, ToolError> {
        Ok(self.client().await?.with_key(key))
    }

    /// The id of the caller's session.
    pub(super) fn session(&self) -> Result<String, ToolError> {
        let id = self.environment.get("AO_SESSION_ID").and_then(|id| id.to_str());
        id.map(str::to_owned).ok_or_else(|| {
            ToolError::usage("this is not inside a session; next: act on a session by its id")
        })
    }

    /// The caller's project.
    pub(super) async fn project(&self, client: &Client) -> Result<String, ToolError> {
        let find = async {
            let found = default_project(client, &self.environment, self.named.as_deref()).await?;
            found.ok_or_else(|| {
                ToolError::usage(
                    "no project is meant: this is not in a registered repository; next: a person \
                     runs `ao start` there, or starts this server with `ao mcp --project ID`",
                )
            })
        };
        self.project.get_or_try_init(|| find).await.cloned()
    }
}

/// A supervisor that is down may be back in a moment.
fn down(error: ClientError) -> ToolError {
    let next = match &error {
        ClientError::Incompatible(_) => return error.into(),
        _ => "try again in a moment; if it stays so, a person runs `ao start`",
    };
    let reason = error.to_string();
    ApiError::new(ErrorCode::Unreachable, "the supervisor does not answer", reason, next).into()
}

/// What a tool is called with.
pub(super) type Arguments = Option<JsonObject>;
