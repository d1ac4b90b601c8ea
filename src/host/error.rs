//! What can go wrong with a session host, on both sides of its socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::process::ProcessError;

use super::protocol::Refusal;

/// Why a host did not start, did not answer, or said no.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A file of the host could not be read, written or synced.
    #[error("{action} {path}")]
    File {
        /// A verb: `read`, `write` …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file has a form that this version does not know.
    #[error("understand {path}: {detail}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A step of starting the session failed in the host; nothing was left running.
    #[error("start the session ({step}): {error}")]
    Start {
        /// `launch`, `socket`, `pty`, `cwd`, `agent` …
        step: String,
        /// The host's own words.
        error: String,
    },
    /// A system call of the host failed.
    #[error("{action}")]
    System {
        /// What it was for.
        action: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A question about processes had no answer.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The host refused the connection or the call.
    #[error("the session host refused: {0}")]
    Refused(Refusal),
    /// No answer in time. What was asked for may still happen.
    #[error("{call} had no answer from the session host within {} ms", .after.as_millis())]
    Deadline {
        /// The call's name.
        call: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// Nobody listens on the host's socket, or its file is not there.
    #[error("connect to the session host at {path}")]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The connection ended before the answer. What was asked for may have happened.
    #[error("the session host closed the connection")]
    Lost,
    /// Another session, or another launch of it, answers on the socket.
    #[error("another session answers on the host's socket: {found}")]
    OtherSession {
        /// Who.
        found: String,
    },
    /// The other side does not keep to the protocol.
    #[error("the session host's connection broke the protocol: {0}")]
    Protocol(String),
}

impl HostError {
    /// Whether the call has certainly not begun.
    #[must_use]
    pub fn is_before_call(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unreachable { .. } | Self::OtherSession { .. })
    }

    /// For `map_err` on operations on the file at `path`.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err` on system calls.
    pub(super) fn system<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { action, source: source.into() }
    }
}
