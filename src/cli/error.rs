//! Failures as people and programs see them: three lines, or one line of JSON, and the exit code.

use std::io::{self, Write};

use super::output::neutral;
use crate::client::ClientError;
use crate::config::ConfigError;
use crate::wire::error::{ApiError, ErrorBody, ErrorCode};

/// Why a command did not do all it was asked.
#[derive(Debug)]
pub enum Failure {
    /// To be told.
    Error(Box<ApiError>),
    /// Whoever read our output has gone (`ao ls | head -1`): nothing is left to say, and that is
    /// no failure.
    PipeClosed,
}

impl Failure {
    /// Refused because of what was asked, before anything was done.
    pub fn usage(
        message: impl Into<String>,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        ApiError::new(ErrorCode::Usage, message, reason, hint).into()
    }

    /// The operating system said no.
    pub fn system(message: impl Into<String>, error: &io::Error, hint: impl Into<String>) -> Self {
        ApiError::new(ErrorCode::System, message, error.to_string(), hint).into()
    }

    /// For what is printed: a closed pipe is the end, anything else is an error.
    pub fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        Self::system("cannot write the output", error, "see whether there is space left")
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Error(error) => error.code.exit_code(),
            Self::PipeClosed => 0,
        }
    }

    /// The error's code, if there is an error.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Error(error) => Some(error.code),
            Self::PipeClosed => None,
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Error(Box::new(error))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Error(Box::new(error.into()))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let reason = error.to_string();
        let (code, message, hint) = match &error {
            ConfigError::NoDirectory { .. } | ConfigError::NotAbsolute { .. } => (
                ErrorCode::Usage,
                "cannot tell where the data lies",
                "set the variable to an absolute path",
            ),
            ConfigError::SocketPathTooLong { .. } => (
                ErrorCode::Usage,
                "cannot place the sockets",
                "set AO_DATA_DIR, AO_SOCKET or XDG_RUNTIME_DIR to a shorter path",
            ),
            ConfigError::NotADirectory(_) | ConfigError::ForeignOwner { .. } => (
                ErrorCode::System,
                "a directory of ao is not usable",
                "move it away, or set AO_DATA_DIR to another place",
            ),
            ConfigError::Io { .. } => (
                ErrorCode::System,
                "a file of ao cannot be read or written",
                "`ao doctor` checks the directories",
            ),
            ConfigError::Text { .. }
            | ConfigError::Variable { .. }
            | ConfigError::UnknownSetting(_)
            | ConfigError::BadValue { .. } => {
                (ErrorCode::Usage, "a setting is not understood", "`ao config show` lists them all")
            }
        };
        ApiError::new(code, message, reason, hint).into()
    }
}

/// What clap says about a command line, in the one shape of errors.
pub fn of_clap(error: &clap::Error) -> ApiError {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut reason = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    // "the following required arguments were not provided:" goes on in further lines.
    let details = lines.take_while(|line| {
        !["Usage:", "tip:", "For more"].iter().any(|start| line.starts_with(start))
    });
    for detail in details {
        reason.push(' ');
        reason.push_str(detail);
    }
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: "));
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = match (tip, usage) {
        (Some(tip), _) => tip.to_owned(),
        (None, Some(usage)) => format!("usage: {usage}"),
        (None, None) => "`ao --help` lists all commands".to_owned(),
    };
    ApiError::new(ErrorCode::Usage, "the command line is not understood", reason, hint)
}

/// Tells the error on standard error. That nobody reads it there changes nothing.
pub fn tell(error: &ApiError, json: bool, verbose: bool) {
    let text = if json { json_line(error) } else { three_lines(error, verbose) };
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn json_line(error: &ApiError) -> String {
    let body = ErrorBody { error: error.clone() };
    // Strings and options of them always have a JSON form.
    serde_json::to_string(&body).unwrap_or_default() + "\n"
}

fn three_lines(error: &ApiError, verbose: bool) -> String {
    let line = |text: &str, instead: &str| {
        let text = if text.is_empty() { instead } else { text };
        neutral::one_line(text)
    };
    let request = error.request_id.as_ref().filter(|_| verbose);
    let request = request.map_or_else(String::new, |id| format!(" (request {id})"));
    format!(
        "error: {}{}\n  why: {}\n  try: {}\n",
        line(&error.message, "something failed"),
        neutral::one_line(&request),
        line(&error.reason, "no reason was given"),
        line(&error.hint, "`ao doctor`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_three_lines_whatever_it_says() {
        let bare = ApiError::new(ErrorCode::Internal, "", "", "");
        let hostile = ApiError::new(ErrorCode::Program, "a\nb", "\x1b[2Jfatal:\r\n x", "c");
        for error in [bare, hostile] {
            let text = three_lines(&error, false);
            assert_eq!(text.lines().count(), 3, "{text:?}");
            assert!(!text.contains('\x1b') && !text.contains('\r'));
        }
    }

    #[test]
    fn what_clap_says_is_told_in_three_lines() {
        for args in [&["ao", "spwan"][..], &["ao", "show"], &["ao", "ls", "--nope"]] {
            let error = crate::cli::command().try_get_matches_from(args).unwrap_err();
            let error = of_clap(&error);
            assert_eq!(error.code.exit_code(), 2);
            assert!(!error.reason.is_empty() && !error.hint.is_empty(), "{error:?}");
            assert_eq!(three_lines(&error, false).lines().count(), 3);
        }
    }
}
