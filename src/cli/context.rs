//! What every command has at hand: options, environment, paths, the printer, the way to the
//! supervisor.

use super::args::Global;
use super::error::Failure;
use super::output::Printer;
use crate::client::{Address, Client, default_project, ensure_running};
use crate::config::{Environment, Paths};
use crate::wire::error::{ApiError, ErrorCode};

/// One run of `ao`.
pub struct Context {
    /// Options of all commands.
    pub global: Global,
    /// The environment, taken once.
    pub environment: Environment,
    /// Where results go.
    pub out: Printer,
}

impl Context {
    /// The context of this process.
    pub fn new(global: Global) -> Self {
        let environment = Environment::of_process();
        let out = Printer::new(&global, &environment);
        Self { global, environment, out }
    }

    /// Directories and the socket, as the supervisor recorded them.
    pub fn paths(&self) -> Result<Paths, Failure> {
        Ok(Paths::resolve_recorded(&self.environment)?)
    }

    fn address(&self) -> Result<Address, Failure> {
        Ok(Address::new(self.paths()?, &self.environment))
    }

    /// A client that starts nothing, of the supervisor that these paths name.
    pub fn client_at(&self, paths: Paths) -> Client {
        Client::new(Address::new(paths, &self.environment))
    }

    /// A client of a supervisor that runs, started now if need be and allowed.
    pub async fn client(&self) -> Result<Client, Failure> {
        Ok(ensure_running(self.address()?, &self.environment).await?)
    }

    /// The same for a command that changes something, with its idempotency key.
    pub async fn client_with(&self, key: &super::args::Key) -> Result<Client, Failure> {
        Ok(self.client().await?.with_key(key.idempotency_key.clone()))
    }

    /// A client that starts nothing; its calls fail where no supervisor runs.
    pub fn client_of_running(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.address()?))
    }

    /// `--project`, else the session's, else the current folder's, else nothing.
    pub async fn project_if_any(&self, client: &Client) -> Result<Option<String>, Failure> {
        Ok(default_project(client, &self.environment, self.global.project.as_deref()).await?)
    }

    /// The same where there must be one.
    pub async fn project(&self, client: &Client) -> Result<String, Failure> {
        if let Some(project) = self.project_if_any(client).await? {
            return Ok(project);
        }
        let folder = std::env::current_dir();
        let folder = folder.map_or_else(|_| String::new(), |f| format!("{} is", f.display()));
        Err(ApiError::new(
            ErrorCode::Refused,
            "no project is meant",
            format!("{folder} not in a registered repository, and no --project is given"),
            "`ao start` registers the repository here; `ao project ls` lists those there are",
        )
        .into())
    }
}
