//! What can go wrong when asking about processes.

use std::io;

/// A probe that gave no answer. It is never evidence of a death.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// A file of /proc could not be read although its process may exist.
    #[error("read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file of /proc has a form this program does not know.
    #[error("understand {path}")]
    Form {
        /// The file.
        path: String,
    },
    /// A process has no whole environment for longer than it takes to become another program.
    #[error("read all of {path}: it has changed at each look")]
    Unsettled {
        /// The file.
        path: String,
    },
    /// The process ended, or its pid went to another one, in the middle of the question.
    #[error("process {pid} ended while it was looked at")]
    Vanished {
        /// The pid that was asked about.
        pid: u32,
    },
    /// The credentials at the other end of a socket could not be had.
    #[error("read the credentials of a socket's peer")]
    Peer(#[source] io::Error),
    /// A program could not be started, or heard from.
    #[error("run {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// The file descriptors of this process could not be listed or marked.
    #[error("mark inherited file descriptors close-on-exec")]
    Descriptors(#[source] io::Error),
}
