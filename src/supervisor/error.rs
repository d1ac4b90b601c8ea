//! Why a supervisor does not come up.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::host::HostError;
use crate::process::ProcessError;
use crate::services::ServiceError;
use crate::store::StoreError;

/// Errors of the supervisor's start.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// Another one has this data directory.
    #[error("another supervisor runs on {data}")]
    Running {
        /// The data directory.
        data: PathBuf,
    },
    /// It was to follow one that crashed, and that one's claim is gone.
    #[error("the supervisor that crashed was told to stop, or another one has followed it")]
    NotWanted,
    /// It was started inside a session.
    #[error("a supervisor does not start inside a session")]
    InsideSession,
    /// Something answers on the socket that does not hold the lock.
    #[error("the socket {0} is in use by another program")]
    SocketTaken(PathBuf),
    /// Directories, settings, private files.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The control key.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Evidence about processes.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The services.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A file or socket.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

impl SupervisorError {
    /// For a file or socket at `path`.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
