//! What goes wrong between a face and the supervisor, and how it is told to programs and people.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::wire::error::{ApiError, ErrorCode};

/// Failures of a call; each reads after "failed to …: ".
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens on the socket.
    #[error("nothing listens on {}: {source}", socket.display())]
    NotRunning {
        /// The supervisor's socket.
        socket: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The socket is there and could not be connected to.
    #[error("connecting to {}: {source}", socket.display())]
    Connect {
        /// The supervisor's socket.
        socket: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Connected, and then nothing came within the deadline.
    #[error("nothing came from {} for {} s", socket.display(), after.as_secs_f32())]
    Silent {
        /// The supervisor's socket.
        socket: PathBuf,
        /// The deadline.
        after: Duration,
        /// The listening process, where the kernel tells.
        pid: Option<u32>,
    },
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer did: {0}")]
    Broken(String),
    /// What answered does not speak the protocol.
    #[error("the answer is not understood: {0}")]
    Garbled(String),
    /// The two sides speak different versions.
    #[error("{0}")]
    Incompatible(Mismatch),
    /// The supervisor refused.
    #[error(transparent)]
    Refused(#[from] Box<ApiError>),
    /// Nothing runs and it may not be started from here.
    #[error("no supervisor runs, and none is started from inside a session")]
    InsideSession,
    /// The supervisor did not come up.
    #[error("starting the supervisor: {0}")]
    Start(String),
}

/// Which side is older.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is ao {own_version} with protocol {own}, the supervisor is {} with protocol {theirs}",
    their_version.as_deref().unwrap_or("of an unknown version")
)]
pub struct Mismatch {
    /// The protocol of this side.
    pub own: u32,
    /// This side's version.
    pub own_version: &'static str,
    /// The protocol of the supervisor.
    pub theirs: u32,
    /// The supervisor's version.
    pub their_version: Option<String>,
}

impl Mismatch {
    /// What failed and what to do about it.
    fn explain(&self) -> (String, &'static str) {
        if self.theirs < self.own {
            (
                "the supervisor is older than this ao".to_owned(),
                "`ao stop`, then try again: sessions live on and are taken over",
            )
        } else {
            (
                "this ao is older than the supervisor".to_owned(),
                "use the ao that started it, or update this one",
            )
        }
    }
}

impl ClientError {
    /// Whether no supervisor runs, as far as can be told.
    #[must_use]
    pub fn is_not_running(&self) -> bool {
        matches!(self, Self::NotRunning { .. })
    }
}

impl From<ClientError> for ApiError {
    fn from(error: ClientError) -> Self {
        let unreachable = |message: &str, reason: String, hint: String| {
            ApiError::new(ErrorCode::Unreachable, message, reason, hint)
        };
        let reason = error.to_string();
        match error {
            ClientError::Refused(error) => *error,
            ClientError::Incompatible(mismatch) => {
                let (message, hint) = mismatch.explain();
                ApiError::new(ErrorCode::Incompatible, message, reason, hint)
            }
            ClientError::NotRunning { .. } => {
                unreachable("no supervisor is running", reason, "`ao start`".into())
            }
            ClientError::InsideSession => unreachable(
                "the supervisor is not running",
                reason,
                "a person runs `ao start` outside every session".into(),
            ),
            ClientError::Silent { pid, .. } => {
                let end = pid.map_or_else(String::new, |pid| {
                    format!("; if it stays so: `kill {pid}`, sessions live on")
                });
                unreachable("the supervisor does not answer", reason, format!("try again{end}"))
            }
            ClientError::Start(_) => unreachable(
                "the supervisor did not start",
                reason,
                "`ao doctor` says what is wrong; its log is in the data directory, log/".into(),
            ),
            ClientError::Connect { .. } => unreachable(
                "the supervisor cannot be reached",
                reason,
                "`ao doctor` checks the socket and its directory".into(),
            ),
            ClientError::Broken(_) | ClientError::Garbled(_) => unreachable(
                "the supervisor did not answer properly",
                reason,
                "try again; `ao doctor` checks it".into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_the_older_side() {
        let mismatch = |own, theirs| {
            let mismatch =
                Mismatch { own, own_version: "2.0.0", theirs, their_version: Some("1.0.0".into()) };
            ApiError::from(ClientError::Incompatible(mismatch))
        };
        let older = mismatch(2, 1);
        assert_eq!(older.code.exit_code(), 8);
        assert_eq!(older.message, "the supervisor is older than this ao");
        assert!(older.hint.contains("ao stop"));
        assert_eq!(mismatch(1, 2).message, "this ao is older than the supervisor");
    }

    #[test]
    fn a_silent_supervisor_is_named_by_its_pid() {
        let error = ClientError::Silent {
            socket: "/x/ao.sock".into(),
            after: Duration::from_secs(10),
            pid: Some(42),
        };
        let error = ApiError::from(error);
        assert_eq!(error.code, ErrorCode::Unreachable);
        assert_eq!(error.message, "the supervisor does not answer");
        assert!(error.hint.contains("kill 42"));
    }
}
