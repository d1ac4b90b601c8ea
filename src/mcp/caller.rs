//! The way from a tool to the supervisor. The address is looked up at each call, so that a
//! supervisor that came back is found; nothing is ever started from here.

use std::time::Duration;

use rmcp::model::JsonObject;
use tokio::sync::OnceCell;

use super::error::ToolError;
use crate::client::{Address, Client, ClientError, Target, default_project};
use crate::config::{Environment, Paths};
use crate::process::ProcessId;
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::supervisor::SupervisorView;

/// How long a supervisor may be silent before it is looked at whether it is down.
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

    /// A client of a supervisor that answers. One that is down is an error within [`ALIVE`]; one
    /// whose process goes on is only slow, and has the time of any call.
    pub(super) async fn client(&self) -> Result<Client, ToolError> {
        let paths = Paths::resolve_recorded(&self.environment).map_err(|error| {
            ToolError::usage(format!(
                "cannot tell where ao's data lies: {error}; next: `ao doctor`"
            ))
        })?;
        let client = Client::new(Address::new(paths, &self.environment));
        let health = Target::new(&["health"]);
        let soon: Result<SupervisorView, _> = client.clone().within(ALIVE).get(&health).await;
        let answer = match soon {
            Err(ClientError::Silent { pid: Some(pid), .. }) if is_at_work(pid) => {
                client.get(&health).await
            }
            other => other,
        };
        answer.map(|_| client).map_err(down)
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

fn is_at_work(pid: u32) -> bool {
    ProcessId::observe(pid).is_some_and(|process| !process.is_stopped())
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    use super::*;
    use crate::wire;

    #[tokio::test]
    async fn a_slow_supervisor_is_not_one_that_is_down() {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("s");
        let environment = Environment::of([
            ("AO_DATA_DIR", place.path().join("data")),
            ("AO_CONFIG_DIR", place.path().join("config")),
            ("AO_SOCKET", socket.clone()),
        ]);
        let listener = UnixListener::bind(socket).unwrap();
        // This process is at work, so its silence is slowness: only the second question is answered.
        let slow = tokio::spawn(async move {
            let (_silent, _) = listener.accept().await.unwrap();
            let (mut asked, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(asked.read(&mut request).await.unwrap() > 0);
            let body = r#"{"data_dir":"","socket":"","ready":true}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\n{}: {}\r\ncontent-length: {}\r\n\r\n",
                wire::PROTOCOL_HEADER,
                wire::PROTOCOL,
                body.len()
            );
            asked.write_all((head + body).as_bytes()).await.unwrap();
        });
        Caller::new(environment, None).client().await.unwrap();
        slow.await.unwrap();
    }
}
