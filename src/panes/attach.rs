//! How a person gets to see the panes: the command that `ao zellij` becomes.

use std::ffi::OsString;
use std::path::PathBuf;

use super::environment;
use super::project::ProjectPanes;

/// A program to become, with its whole environment: nothing else is to be inherited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachCommand {
    /// zellij.
    pub program: PathBuf,
    /// `attach <session>`.
    pub arguments: Vec<OsString>,
    /// The caller's environment without another zellij's or an agent's marks, and with this
    /// project's zellij in it.
    pub environment: Vec<(OsString, OsString)>,
}

impl ProjectPanes {
    /// The command with which a person attaches, for an environment such as `std::env::vars_os()`.
    /// It waits for ever on a frozen server, so ask [`alive`](Self::alive) first.
    pub fn attach_command(
        &self,
        inherited: impl Iterator<Item = (OsString, OsString)>,
    ) -> AttachCommand {
        AttachCommand {
            program: self.zellij.program().to_owned(),
            arguments: vec!["attach".into(), self.session_name().into()],
            environment: environment::of_client(inherited, &self.directory),
        }
    }
}
