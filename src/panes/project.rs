//! The panes of one project: what they are made of, and one turn at a time for changing them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use zellij_utils::input::command::RunCommandAction;
use zellij_utils::ipc::ClientToServerMsg;

use super::directory::Directory;
use super::error::PanesError;
use super::layout::Place;
use super::listing::{self, Pane};
use super::request::{self, Outcome};
use super::zellij::Zellij;
use crate::model::ids::{ProjectId, SessionId};

/// How long a change waits for the one before it: a start and the end of what was there before.
const TURN_LIMIT: Duration = Duration::from_secs(10);

/// What runs in a pane.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The `ao` to run, absolute.
    pub program: PathBuf,
    /// Its arguments up to the session's id: `attach --pane`.
    pub arguments: Vec<String>,
    /// What it needs to find the supervisor: `AO_DATA_DIR`, `AO_SOCKET`. It must say where the data
    /// directory is, for the panes have an XDG_DATA_HOME of their own.
    pub environment: Vec<(OsString, OsString)>,
}

/// A pane to open.
#[derive(Debug, Clone)]
pub struct PaneSpec {
    /// The session to show.
    pub session: SessionId,
    /// What stands on the frame; see [`pane_title`](super::pane_title).
    pub title: String,
    /// Which kind of session it is.
    pub place: Place,
}

/// The zellij session of one project. One supervisor has one of these per project: two of them
/// could start a server each.
#[derive(Debug)]
pub struct ProjectPanes {
    pub(super) zellij: Zellij,
    pub(super) directory: Directory,
    pub(super) viewer: Viewer,
    /// The viewer's command line up to the session's id, as zellij shows it.
    viewer_line: String,
    /// Changes queue here, so that looking and then acting is one step.
    turns: Semaphore,
}

impl ProjectPanes {
    /// Panes below `directory` (the supervisor's `<run>/zellij`); touches nothing yet.
    ///
    /// # Errors
    /// [`PanesError::PathTooLong`] when the socket's path cannot be bound, [`PanesError::NotText`]
    /// for a path that is not UTF-8.
    pub fn new(
        zellij: Zellij,
        directory: &Path,
        project: &ProjectId,
        viewer: Viewer,
    ) -> Result<Self, PanesError> {
        let directory = Directory::new(directory, project)?;
        let program = viewer.program.to_str();
        let program = program.ok_or_else(|| PanesError::NotText(viewer.program.clone()))?;
        let mut viewer_line = program.to_owned();
        for argument in &viewer.arguments {
            viewer_line.push(' ');
            viewer_line.push_str(argument);
        }
        Ok(Self { zellij, directory, viewer, viewer_line, turns: Semaphore::new(1) })
    }

    /// The name of the zellij session: the project's id, cut where the socket's path needs it.
    #[must_use]
    pub fn session_name(&self) -> &str {
        self.directory.session_name()
    }

    /// The server's socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.socket()
    }

    /// Waits for the changes before this one. Each of them has its own deadlines.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, PanesError> {
        match tokio::time::timeout(TURN_LIMIT, self.turns.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(PanesError::Busy),
        }
    }

    /// Sends messages that may be done twice, and reads the panes that are there afterwards.
    pub(super) async fn act(
        &self,
        messages: Vec<ClientToServerMsg>,
        what: &'static str,
    ) -> Result<(Outcome, Vec<Pane>), PanesError> {
        let outcome = request::act_again(&self.socket(), messages, what).await?;
        let panes = self.read(&outcome)?;
        Ok((outcome, panes))
    }

    /// The panes that are there now.
    pub(super) async fn panes(&self) -> Result<Vec<Pane>, PanesError> {
        Ok(self.act(Vec::new(), "list the panes").await?.1)
    }

    /// The panes in an answer.
    pub(super) fn read(&self, outcome: &Outcome) -> Result<Vec<Pane>, PanesError> {
        listing::read(&outcome.panes, &self.viewer_line)
    }

    /// The program of a session's pane. It is never held after its end: Enter in a held pane would
    /// run it again.
    pub(super) fn view(&self, session: &SessionId) -> RunCommandAction {
        let mut args = self.viewer.arguments.clone();
        args.push(session.to_string());
        command(self.viewer.program.clone(), args)
    }
}

/// A program for a pane, which closes with it.
pub(super) fn command(program: PathBuf, args: Vec<String>) -> RunCommandAction {
    RunCommandAction {
        command: program,
        args,
        // Always there; a viewer's directory does not matter.
        cwd: Some(PathBuf::from("/")),
        hold_on_close: false,
        hold_on_start: false,
        ..RunCommandAction::default()
    }
}
