//! A project's zellij server: started when it is dead, never beside another, and ended for sure.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use zellij_utils::data::LayoutInfo;
use zellij_utils::input::cli_assets::CliAssets;
use zellij_utils::ipc::ClientToServerMsg;
use zellij_utils::pane_size::Size;

use super::connection::{Connection, Deadline};
use super::directory::write_private;
use super::environment;
use super::error::PanesError;
use super::project::ProjectPanes;
use super::request::{self, REQUEST_LIMIT};
use super::server_record::ServerRecord;
use super::settings;
use crate::process::{self, Evidence, ProcessId};

/// How long a start may take. It takes 50 to 80 ms on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(5);

/// zellij tells nobody that it is ready, so a start asks this often.
const START_ASK_EVERY: Duration = Duration::from_millis(10);

/// How long one question of a start waits: an early one is dropped without an answer.
const START_ANSWER_LIMIT: Duration = Duration::from_millis(50);

/// How long a server that was asked to end may take. It takes 20 ms.
const END_GRACE: Duration = Duration::from_secs(1);

/// How long a process may take to go after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// The size of a session that nobody has attached to yet.
pub(super) const HEADLESS_SIZE: Size = Size { rows: 48, cols: 160 };

/// What [`ProjectPanes::ensure`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    /// It was running.
    Running,
    /// It was dead and has been started: no session has a pane yet.
    Started,
}

/// What [`ProjectPanes::end`] had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// There was no server.
    WasGone,
    /// It ended when asked.
    Asked,
    /// It did not answer and was killed.
    Killed,
}

impl ProjectPanes {
    /// Starts the server if it is dead. Dead means that nobody listens and that the recorded
    /// process is gone; a server that merely does not answer is an error, never a reason for a
    /// second one. Within 1.5 s for a running server, 5 s for a start, 3 s more if what is left of
    /// the old one must be ended first.
    ///
    /// # Errors
    /// [`PanesError::Hung`], [`PanesError::Garbled`] and [`PanesError::Socket`] for a server that
    /// may live; [`PanesError::Start`], [`PanesError::File`] for one that could not be started.
    pub async fn ensure(&self) -> Result<ServerState, PanesError> {
        let _turn = self.turn().await?;
        let deadline = Deadline::after(REQUEST_LIMIT, "see whether zellij runs");
        match request::probe(&self.socket(), deadline).await {
            Ok(connection) => {
                if self.is_ready(&connection).await? {
                    return Ok(ServerState::Running);
                }
            }
            Err(PanesError::Gone) => {}
            Err(unknown) => return Err(unknown),
        }
        if let Some(old) = ServerRecord::read(&self.directory.record()) {
            self.see_off(&old, END_GRACE).await?;
        }
        self.start().await?;
        Ok(ServerState::Started)
    }

    /// What can be said about the server. Takes 1.5 s at most.
    pub async fn alive(&self) -> Evidence {
        let deadline = Deadline::after(REQUEST_LIMIT, "see whether zellij runs");
        match request::probe(&self.socket(), deadline).await {
            Ok(_) => Evidence::Alive,
            Err(PanesError::Gone) => {
                match ServerRecord::read(&self.directory.record()) {
                    // Its socket is closed but it is there: it is starting or ending.
                    Some(record) if record.evidence(&self.socket()) != Evidence::Gone => {
                        Evidence::Unknown
                    }
                    _ => Evidence::Gone,
                }
            }
            Err(_) => Evidence::Unknown,
        }
    }

    /// Ends the server and removes its files: asks it, then kills the process that the kernel says
    /// is listening, if its command line proves that it is this project's. Within 6 s.
    ///
    /// # Errors
    /// [`PanesError::NotOurs`] for one that neither answers nor is proved ours,
    /// [`PanesError::Unkillable`], [`PanesError::File`].
    pub async fn end(&self) -> Result<Closed, PanesError> {
        let _turn = self.turn().await?;
        let record = self.listening().await.or_else(|| {
            let record = ServerRecord::read(&self.directory.record())?;
            (record.evidence(&self.socket()) == Evidence::Alive).then_some(record)
        });
        let deadline = Deadline::after(REQUEST_LIMIT, "end zellij");
        let asked = request::kill(&self.socket(), deadline).await;
        let closed = match (&asked, &record) {
            (Ok(()), Some(record)) => {
                self.see_off(record, END_GRACE).await?;
                Closed::Asked
            }
            (Ok(()), None) => Closed::Asked,
            (Err(PanesError::Gone), None) => Closed::WasGone,
            (Err(_), Some(record)) => {
                self.see_off(record, Duration::ZERO).await?;
                Closed::Killed
            }
            (Err(_), None) => return Err(PanesError::NotOurs),
        };
        self.directory.remove()?;
        Ok(closed)
    }

    /// The process that listens on the socket, if it is provably this project's server. Works on a
    /// frozen one: the kernel accepts the connection and knows who listens.
    async fn listening(&self) -> Option<ServerRecord> {
        let socket = self.socket();
        let deadline = Deadline::after(REQUEST_LIMIT, "reach zellij");
        let connection = Connection::open(&socket, deadline).await.ok()?;
        let process = connection.peer().ok()?.process?;
        ServerRecord::of(process, &socket).ok()?
    }

    /// Whether the server at the other end has a session to put panes into. One whose starter died
    /// half-way answers the probe and nothing else; it is ended, for nothing can be in it.
    async fn is_ready(&self, connection: &Connection) -> Result<bool, PanesError> {
        let Some(process) = connection.peer()?.process else { return Ok(true) };
        let file = self.directory.record();
        if ServerRecord::read(&file).is_some_and(|record| record.process == process) {
            return Ok(true);
        }
        let record = ServerRecord::of(process, &self.socket())?.ok_or(PanesError::NotOurs)?;
        match self.panes().await {
            Ok(_) => {
                record.write(&file)?;
                Ok(true)
            }
            Err(PanesError::Hung { .. }) => {
                self.see_off(&record, Duration::ZERO).await?;
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// Waits until the recorded process is gone, and makes it go when `grace` is over. Nothing is
    /// done to a process that is not proved to be the server.
    async fn see_off(&self, record: &ServerRecord, grace: Duration) -> Result<(), PanesError> {
        if record.evidence(&self.socket()) == Evidence::Alive {
            let process = record.process;
            let find = || Ok(vec![process]);
            process::end(find, grace, KILL_LIMIT).await?;
        }
        match record.process.is_alive() {
            Evidence::Alive if record.evidence(&self.socket()) != Evidence::Gone => {
                Err(PanesError::Unkillable(record.process.pid))
            }
            _ => Ok(()),
        }
    }

    /// Starts a server and waits until it has a session. What was started for nothing is ended.
    async fn start(&self) -> Result<(), PanesError> {
        let deadline = Deadline::after(START_LIMIT, "start zellij");
        let socket = self.socket();
        self.directory.create()?;
        write_private(&self.directory.config(), settings::config()?.as_bytes())?;
        let layout = settings::layout()?;
        for stale in [&socket, &self.directory.record()] {
            remove_file(stale)?;
        }
        self.spawn(&socket, deadline).await?;
        let mut first = connect_when_up(&socket, deadline).await?;
        let process = first.peer()?.process;
        let made = self.make_session(&mut first, layout, deadline).await;
        let record = process.map(|process| ServerRecord::of(process, &socket)).transpose()?;
        match (made, record.flatten()) {
            (Ok(()), Some(record)) => record.write(&self.directory.record()),
            (Ok(()), None) => Ok(()),
            (Err(e), Some(record)) => {
                // The start's own failure is the one to tell.
                let _ = self.see_off(&record, Duration::ZERO).await;
                Err(e)
            }
            (Err(e), None) => Err(e),
        }
    }

    /// Runs `zellij --server`, which forks into the background and comes back.
    async fn spawn(&self, socket: &Path, deadline: Deadline) -> Result<(), PanesError> {
        let said = self.directory.private("tmp").join("start.log");
        let file = |source| PanesError::File { path: said.clone(), source };
        let log = std::fs::File::create(&said).map_err(file)?;
        let mut child = tokio::process::Command::new(self.zellij.program())
            .arg("--server")
            .arg(socket)
            .env_clear()
            .envs(environment::of_server(
                std::env::vars_os(),
                &self.viewer.environment,
                &self.directory,
            ))
            // Wherever ao was started, the server must not hold on to that directory.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| PanesError::Start(e.to_string()))?;
        match tokio::time::timeout_at(deadline.at(), child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => {
                let words = std::fs::read_to_string(&said).unwrap_or_default();
                Err(PanesError::Start(format!("{status}: {}", last_words(&words))))
            }
            Ok(Err(e)) => Err(PanesError::Start(e.to_string())),
            Err(_) => Err(deadline.missed()),
        }
    }

    /// Has the first connection make the session, and holds it until the session lists its pane:
    /// until then zellij drops every other request.
    async fn make_session(
        &self,
        first: &mut Connection,
        layout: String,
        deadline: Deadline,
    ) -> Result<(), PanesError> {
        let cli_assets = CliAssets {
            config_file_path: Some(self.directory.config()),
            config_dir: Some(self.directory.private("config")),
            data_dir: Some(self.directory.private("data")),
            layout: Some(LayoutInfo::Stringified(layout)),
            terminal_window_size: HEADLESS_SIZE,
            cwd: Some(PathBuf::from("/")),
            ..CliAssets::default()
        };
        let message = ClientToServerMsg::FirstClientConnected { cli_assets, is_web_client: false };
        first.send(message, deadline).await?;
        let socket = self.socket();
        tokio::select! {
            ready = wait_until_ready(&socket, deadline) => ready,
            // What is drawn for this client must be read, or the server waits for us.
            failed = async {
                loop {
                    if let Err(e) = first.next(deadline).await {
                        return e;
                    }
                }
            } => Err(match failed {
                PanesError::Gone => PanesError::Start("it ended while it started".to_owned()),
                other => other,
            }),
        }
    }
}

/// Connects as soon as the server listens.
async fn connect_when_up(socket: &Path, deadline: Deadline) -> Result<Connection, PanesError> {
    loop {
        match Connection::open(socket, deadline).await {
            Err(PanesError::Gone) if !deadline.is_over() => {
                tokio::time::sleep(START_ASK_EVERY).await;
            }
            Err(PanesError::Gone) => return Err(deadline.missed()),
            other => return other,
        }
    }
}

async fn wait_until_ready(socket: &Path, deadline: Deadline) -> Result<(), PanesError> {
    while !deadline.is_over() {
        let short = Deadline::after(START_ANSWER_LIMIT, "start zellij");
        match request::act(socket, Vec::new(), short).await {
            // `[]` comes before the first pane is there.
            Ok(outcome) if outcome.panes.contains('{') => return Ok(()),
            Ok(_) | Err(PanesError::Hung { .. }) => tokio::time::sleep(START_ASK_EVERY).await,
            Err(other) => return Err(other),
        }
    }
    Err(deadline.missed())
}

fn remove_file(path: &Path) -> Result<(), PanesError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(PanesError::File { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The end of what a program wrote, as one line.
fn last_words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let skip = line.chars().count().saturating_sub(200);
    line.chars().skip(skip).collect()
}

/// The server's process, for tests and for `ao doctor`.
impl ProjectPanes {
    /// Which process the server is, by its record; `None` when it is gone or was never recorded.
    #[must_use]
    pub fn server_process(&self) -> Option<ProcessId> {
        let record = ServerRecord::read(&self.directory.record())?;
        (record.evidence(&self.socket()) == Evidence::Alive).then_some(record.process)
    }
}
