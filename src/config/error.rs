//! What goes wrong with paths, settings and the files they lie in.

use std::io;
use std::path::PathBuf;

/// Failures of this module; each reads after "failed to …: ".
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither the override nor the platform names a directory.
    #[error("no {what} directory is known: {variable} is not set and there is no home directory")]
    NoDirectory {
        /// `data` or `config`.
        what: &'static str,
        /// The variable that would name it.
        variable: &'static str,
    },
    /// A relative path would mean another place in every session.
    #[error("{variable} is {path:?}, which is not an absolute path")]
    NotAbsolute {
        /// The variable it was read from.
        variable: &'static str,
        /// What it says.
        path: PathBuf,
    },
    /// The operating system's limit on socket addresses.
    #[error("the socket path {path:?} would have {length} bytes, at most {limit} are safe")]
    SocketPathTooLong {
        /// The longest path that would be needed.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A symbolic link or a file stands where a private directory is needed.
    #[error("{0:?} is not a directory (symbolic links are not followed)")]
    NotADirectory(PathBuf),
    /// A private directory of another user is no private directory.
    #[error("{path:?} belongs to user {owner}, not to user {user}")]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who runs this program.
        user: u32,
    },
    /// A file or directory could not be read or written.
    #[error("{action} {path:?}: {source}")]
    Io {
        /// What was tried, as a verb: `read`, `create`, `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A text file says something that is not understood.
    #[error("{}:{line}: {message}", file.display())]
    Text {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// An environment variable's value is not understood.
    #[error("{variable}: {message}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong.
        message: String,
    },
    /// There is no such setting.
    #[error("there is no setting {0:?}")]
    UnknownSetting(String),
    /// A value that the setting cannot have.
    #[error("{key} = {value:?}: {message}")]
    BadValue {
        /// The setting.
        key: String,
        /// The value as given.
        value: String,
        /// What would be right.
        message: String,
    },
}

impl ConfigError {
    /// For `map_err` on file operations.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
