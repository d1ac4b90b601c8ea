//! The demonstration in zellij panes, in the person's terminal.

use std::io::IsTerminal;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::stage::{PROJECT, Stage};
use crate::cli::error::Failure;
use crate::client::{Client, Deadline, Target};
use crate::wire::error::{ApiError, ErrorCode};
use crate::wire::supervisor::{SupervisorView, ZellijView};

/// Whether panes can be shown in this terminal.
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Refuses to go on without zellij where panes were asked for.
pub fn check(supervisor: &SupervisorView) -> Result<(), Failure> {
    let zellij = supervisor.zellij.as_deref().unwrap_or("there is no zellij");
    if zellij.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::Program,
        "there are no panes to show",
        zellij,
        "install zellij 0.44 or newer, or run `ao demo` without --zellij",
    )
    .into())
}

/// Shows the panes until the person leaves them.
pub async fn attach(client: &Client, stage: &Stage) -> Result<Child, Failure> {
    // Panes that are missing are opened before the answer.
    let view: ZellijView =
        client.get_within(&Target::new(&["zellij", PROJECT]), Deadline::Long).await?;
    let program = view.argv.first().map(String::as_str).unwrap_or("zellij");
    let mut command = Command::new(program);
    command.args(view.argv.iter().skip(1)).env_clear();
    for (name, value) in stage.environment.variables() {
        // A zellij inside another one takes the outer for itself.
        if !name.to_string_lossy().starts_with("ZELLIJ") {
            command.env(name, value);
        }
    }
    command
        .envs(&view.env)
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(|e| Failure::system(format!("cannot start {program}"), &e, "`ao doctor`"))
}
