//! What can go wrong between ao and zellij.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::ids::SessionId;
use crate::process::ProcessError;

use super::zellij::{OLDEST, Version};

/// Why zellij did not do what it was asked. Only [`PanesError::Gone`] says that a server is dead;
/// every other one leaves that open.
#[derive(Debug, thiserror::Error)]
pub enum PanesError {
    /// No program of that name.
    #[error("find zellij: there is no such program on PATH")]
    Missing,
    /// A program at the place that was named, but it cannot be run.
    #[error("run {program}")]
    Unusable {
        /// What was run.
        program: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Older than what ao can drive.
    #[error("use zellij {found}: {OLDEST} is the oldest that will do")]
    TooOld {
        /// What it says of itself.
        found: Version,
    },
    /// It does not answer `--version` like zellij.
    #[error("recognise {program} as zellij: it answered {said:?}")]
    Unrecognised {
        /// What was run.
        program: PathBuf,
        /// The beginning of its answer.
        said: String,
    },
    /// The kernel cannot bind a socket at so long a path.
    #[error(
        "place zellij's socket in {directory}: the path would have {length} bytes, {limit} is the most"
    )]
    PathTooLong {
        /// The directory that was asked for.
        directory: PathBuf,
        /// Bytes of the shortest socket path possible there.
        length: usize,
        /// The most bytes a socket's path can have.
        limit: usize,
    },
    /// zellij's protocol and configuration carry text only.
    #[error("pass {0:?} to zellij: it is not UTF-8")]
    NotText(PathBuf),
    /// zellij's own parser refuses what was generated for it.
    #[error("generate zellij's {what}: {reason}")]
    Settings {
        /// Configuration or layout.
        what: &'static str,
        /// The parser's words.
        reason: String,
    },
    /// A file or directory of the project's panes.
    #[error("write {path}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The server did not come up.
    #[error("start zellij: {0}")]
    Start(String),
    /// There is no server: refused, no socket, or it closed the connection.
    #[error("reach zellij: its server is not running")]
    Gone,
    /// The server may live, but it did not answer in time.
    #[error("{what}: zellij did not answer within {} ms", .limit.as_millis())]
    Hung {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The socket is there, but there is no talking over it.
    #[error("talk to zellij")]
    Socket(#[source] io::Error),
    /// What came over the socket is not zellij's protocol.
    #[error("understand zellij: {0}")]
    Garbled(String),
    /// zellij's own words for why not.
    #[error("have zellij do it: {0}")]
    Refused(String),
    /// The pane was asked for but is not there: zellij made none, or its program ended at once.
    #[error("open a pane for {0}: it is not among zellij's panes")]
    NotOpened(SessionId),
    /// No pane shows this session.
    #[error("find a pane of {0}")]
    NoPane(SessionId),
    /// The pane was asked to close and is still there.
    #[error("close the pane of {0}: it is still there")]
    NotClosed(SessionId),
    /// Another change of this project's panes takes too long.
    #[error("change the panes: another change is still under way")]
    Busy,
    /// The server neither answers nor can be proved to be ours, so it is left alone.
    #[error("end zellij's server: nothing proves which process it is")]
    NotOurs,
    /// SIGKILL was sent and it is still there.
    #[error("end zellij's server: process {0} is still there")]
    Unkillable(u32),
    /// No evidence to be had about the server's process.
    #[error("look at zellij's server")]
    Process(#[from] ProcessError),
}
