//! Starting a project's zellij server, up to the moment when others may talk to it. Until then it
//! listens in a place of its own, for a connection that closes before the session is made takes the
//! whole server down.

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
use super::request;
use super::server_record::ServerRecord;
use super::settings;

/// How long a start may take. It takes 50 to 80 ms on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(5);

/// zellij tells nobody that it is ready, so a start asks this often.
const ASK_EVERY: Duration = Duration::from_millis(10);

/// How long one question of a start waits: an early one is dropped without an answer.
const ANSWER_LIMIT: Duration = Duration::from_millis(50);

/// The size of a session that nobody has attached to yet.
pub(super) const HEADLESS_SIZE: Size = Size { rows: 48, cols: 160 };

impl ProjectPanes {
    /// Starts a server, waits until it has a session, and only then gives it the socket that
    /// everybody uses. What was started for nothing is ended.
    pub(super) async fn start(&self) -> Result<(), PanesError> {
        self.sweep().await?;
        self.directory.create()?;
        write_private(&self.directory.config(), settings::config()?.as_bytes())?;
        let layout = settings::layout()?;
        let starting = self.directory.starting_socket();
        for stale in [&self.socket(), &starting, &self.directory.record()] {
            remove_file(stale)?;
        }
        let deadline = Deadline::after(START_LIMIT, "start zellij");
        self.spawn(&starting, deadline).await?;
        let made = self.make_session(&starting, layout, deadline).await;
        if made.is_err() {
            // The start's own failure is the one to tell.
            let _ = self.sweep().await;
        }
        made
    }

    /// Runs `zellij --server`, which forks into the background and comes back.
    async fn spawn(&self, socket: &Path, deadline: Deadline) -> Result<(), PanesError> {
        let said = self.directory.private("tmp").join("start.log");
        let file = |source| PanesError::File { path: said.clone(), source };
        let log = std::fs::File::create(&said).map_err(file)?;
        let own = &self.viewer.environment;
        let mut child = tokio::process::Command::new(self.zellij.program())
            .arg("--server")
            .arg(socket)
            .env_clear()
            .envs(environment::of_server(std::env::vars_os(), own, &self.directory))
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
            Ok(Ok(status)) => Err(PanesError::Start(format!("{status}: {}", last_words(&[said])))),
            Ok(Err(e)) => Err(PanesError::Start(e.to_string())),
            Err(_) => Err(deadline.missed()),
        }
    }

    /// Has one connection make the session and waits on it until the session lists its pane; then
    /// records the server and gives it its socket.
    async fn make_session(
        &self,
        starting: &Path,
        layout: String,
        deadline: Deadline,
    ) -> Result<(), PanesError> {
        let mut first = connect_when_up(starting, deadline).await?;
        let process = first.peer()?.process;
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
        wait_until_ready(&mut first, deadline).await.map_err(|e| match e {
            PanesError::Gone => {
                PanesError::Start(format!("it ended: {}", last_words(&self.logs())))
            }
            other => other,
        })?;
        let proved = process.map(|process| ServerRecord::of(process, starting)).transpose()?;
        if let Some(record) = proved.flatten() {
            record.write(&self.directory.record())?;
        }
        let socket = self.socket();
        std::fs::rename(starting, &socket)
            .map_err(|source| PanesError::File { path: socket, source })
    }

    /// Where a server leaves words when it ends, the most telling last.
    fn logs(&self) -> [PathBuf; 2] {
        let temporary = self.directory.private("tmp");
        let user = rustix::process::getuid().as_raw();
        let log = format!("zellij-{user}/zellij-log/zellij.log");
        [temporary.join("start.log"), temporary.join(log)]
    }
}

/// Connects as soon as the server listens.
async fn connect_when_up(socket: &Path, deadline: Deadline) -> Result<Connection, PanesError> {
    loop {
        match Connection::open(socket, deadline).await {
            Err(PanesError::Gone) if !deadline.is_over() => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            Err(PanesError::Gone) => return Err(deadline.missed()),
            other => return other,
        }
    }
}

/// Asks for the panes until there is one. What is drawn for this client meanwhile is read, too, or
/// the server would wait for us.
async fn wait_until_ready(first: &mut Connection, deadline: Deadline) -> Result<(), PanesError> {
    while !deadline.is_over() {
        let short = Deadline::after(ANSWER_LIMIT, "start zellij");
        match request::ask_panes(first, short).await {
            // `[]` comes before the first pane is there.
            Ok(outcome) if outcome.panes.contains('{') => return Ok(()),
            Ok(_) => tokio::time::sleep(ASK_EVERY).await,
            Err(PanesError::Hung { .. }) => {}
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

/// The end of what was written to some files, as one line.
fn last_words(files: &[PathBuf]) -> String {
    let texts = files.iter().filter_map(|file| std::fs::read(file).ok());
    let text: Vec<u8> = texts.flatten().collect();
    let text = String::from_utf8_lossy(&text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let skip = line.chars().count().saturating_sub(300);
    line.chars().skip(skip).collect()
}
