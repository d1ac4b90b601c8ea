//! `ao zellij`: all panes of a project, in this terminal.

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::client::{Deadline, Target};
use crate::wire::supervisor::ZellijView;

/// Open the project's zellij session, with a pane for each of its sessions
#[derive(Debug, Args)]
pub struct ZellijArgs {
    /// The project's id [default: the current one]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(candidates::projects))]
    pub project: Option<String>,
}

/// Does it. On success zellij takes this process's place.
pub async fn run(args: &ZellijArgs, context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let project = match &args.project {
        Some(project) => project.clone(),
        None => context.project(&client).await?,
    };
    // Panes that are missing are opened before the answer.
    let target = Target::new(&["zellij", &project]);
    let view: ZellijView = client.get_within(&target, Deadline::Long).await?;
    if context.out.json || context.out.quiet {
        return context.out.result(&view, &[&view.name], || Ok(()));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage(
            "cannot show the panes here",
            "standard input and output are not a terminal",
            "run it in a terminal; `ao status` works without one",
        ));
    }
    let Some((program, arguments)) = view.argv.split_first() else {
        return Err(Failure::usage(
            "there are no panes",
            "the supervisor uses no zellij",
            "`ao doctor`",
        ));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        // A zellij inside another one takes the outer for itself.
        if name.to_string_lossy().starts_with("ZELLIJ") {
            command.env_remove(name);
        }
    }
    let error = command.envs(&view.env).exec();
    Err(Failure::system(format!("cannot start {program}"), &error, "`ao doctor` checks zellij"))
}
