//! Whether a project's zellij server lives, and its end. See `start` for its beginning.

use std::path::Path;
use std::time::Duration;

use super::connection::{Connection, Deadline};
use super::error::PanesError;
use super::project::ProjectPanes;
use super::request::{self, REQUEST_LIMIT};
use super::server_record::ServerRecord;
use crate::process::{self, Evidence, ProcessId};

/// How long a server that was asked to end may take. It takes 20 ms.
pub(super) const END_GRACE: Duration = Duration::from_secs(1);

/// How long a process may take to go after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(2);

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
    /// Starts the server if it is dead. Dead means that nobody listens; a server that merely does
    /// not answer is an error, never a reason for a second one. Within 1.5 s for a running server,
    /// 5 s for a start, 3 s more if what is left of the old one must be ended first.
    ///
    /// # Errors
    /// [`PanesError::Hung`], [`PanesError::Garbled`] and [`PanesError::Socket`] for a server that
    /// may live; [`PanesError::Start`], [`PanesError::File`] for one that could not be started;
    /// [`PanesError::Busy`].
    pub async fn ensure(&self) -> Result<ServerState, PanesError> {
        let _turn = self.turn().await?;
        match self.panes().await {
            Ok(_) => return Ok(ServerState::Running),
            Err(PanesError::Gone) => {}
            Err(unknown) => return Err(unknown),
        }
        // Nobody can reach it any more, or it is just ending.
        if let Some(old) = self.recorded() {
            self.see_off(&old, END_GRACE).await?;
        }
        self.start().await?;
        Ok(ServerState::Started)
    }

    /// What can be said about the server. Takes 1.5 s at most.
    pub async fn alive(&self) -> Evidence {
        match self.panes().await {
            Ok(_) => Evidence::Alive,
            // Its socket is closed but it is there: it is ending, or the socket was removed.
            Err(PanesError::Gone) if self.recorded().is_some() => Evidence::Unknown,
            Err(PanesError::Gone) => Evidence::Gone,
            Err(_) => Evidence::Unknown,
        }
    }

    /// Ends the server and removes its files: asks it, then kills the process that the kernel says
    /// is listening, if its command line proves that it is this project's. Within 6 s.
    ///
    /// # Errors
    /// [`PanesError::NotOurs`] for one that neither answers nor is proved ours,
    /// [`PanesError::Unkillable`], [`PanesError::File`], [`PanesError::Busy`].
    pub async fn end(&self) -> Result<Closed, PanesError> {
        let _turn = self.turn().await?;
        let record = self.listening(&self.socket()).await.or_else(|| self.recorded());
        let deadline = Deadline::after(REQUEST_LIMIT, "end zellij");
        let asked = request::kill(&self.socket(), deadline).await;
        let closed = match (&asked, &record) {
            (Ok(()), _) => Closed::Asked,
            (Err(PanesError::Gone), None) => Closed::WasGone,
            (Err(_), Some(_)) => Closed::Killed,
            (Err(_), None) => return Err(PanesError::NotOurs),
        };
        if let Some(record) = record {
            let grace = if closed == Closed::Asked { END_GRACE } else { Duration::ZERO };
            self.see_off(&record, grace).await?;
        }
        self.sweep().await?;
        self.directory.remove()?;
        Ok(closed)
    }

    /// Which process the server is, by its record; `None` when it is gone or was never recorded.
    #[must_use]
    pub fn server_process(&self) -> Option<ProcessId> {
        self.recorded().map(|record| record.process)
    }

    /// The server that was recorded, if it lives.
    fn recorded(&self) -> Option<ServerRecord> {
        let record = ServerRecord::read(&self.directory.record())?;
        let alive = record.evidence(&self.directory.starting_socket()) == Evidence::Alive;
        alive.then_some(record)
    }

    /// The process that listens on `socket`, if it is provably this project's server. Works on a
    /// frozen one: the kernel accepts the connection and knows who listens.
    async fn listening(&self, socket: &Path) -> Option<ServerRecord> {
        let deadline = Deadline::after(REQUEST_LIMIT, "reach zellij");
        let connection = Connection::open(socket, deadline).await.ok()?;
        let process = connection.peer().ok()?.process?;
        ServerRecord::of(process, &self.directory.starting_socket()).ok()?
    }

    /// Ends servers that a starter who died half-way has left.
    pub(super) async fn sweep(&self) -> Result<(), PanesError> {
        let base = self.directory.base().to_str().expect("a directory's path is checked when made");
        for stray in ServerRecord::all(&self.directory.starting_socket(), base)? {
            self.see_off(&stray, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Waits until the recorded process is gone, and makes it go when `grace` is over. Nothing is
    /// done to a process that is not proved to be the server.
    pub(super) async fn see_off(
        &self,
        record: &ServerRecord,
        grace: Duration,
    ) -> Result<(), PanesError> {
        match record.evidence(&self.directory.starting_socket()) {
            Evidence::Gone => return Ok(()),
            Evidence::Unknown => return Err(PanesError::NotOurs),
            Evidence::Alive => {}
        }
        let process = record.process;
        let ended = process::end(|| Ok(vec![process]), grace, KILL_LIMIT).await?;
        if ended.left.is_empty() { Ok(()) } else { Err(PanesError::Unkillable(process.pid)) }
    }
}
