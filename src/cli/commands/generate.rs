//! `ao generate`: shell completions and manual pages, from the command line itself; a systemd unit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::args::command;
use crate::cli::context::Context;
use crate::cli::error::Failure;

/// The unit. Two of its settings keep sessions alive over the end of the supervisor.
const UNIT: &str = include_str!("generate/ao.service");

/// Print shell completions or a systemd unit, write manual pages
#[derive(Debug, Args)]
pub struct GenerateArgs {
    #[command(subcommand)]
    pub what: What,
}

/// What to generate.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Print the completions of a shell: source <(ao generate completions bash)
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write a manual page for each command
    Man {
        /// The directory
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        dir: PathBuf,
    },
    /// Print a systemd user unit that runs the supervisor; it says how to install it
    Systemd,
    /// Print the supervisor's API as an OpenAPI document
    Openapi,
    /// Write all of that: DIR/completions, DIR/man and DIR/openapi.json
    All {
        /// The directory
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        dir: PathBuf,
    },
}

/// A shell with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
        }
    }

    /// The name under which the shell looks for the script.
    fn file(self) -> &'static str {
        match self {
            Self::Bash => "ao.bash",
            Self::Zsh => "_ao",
            Self::Fish => "ao.fish",
        }
    }
}

/// Does it.
pub fn run(args: &GenerateArgs, context: &Context) -> Result<(), Failure> {
    match &args.what {
        What::Completions { shell } => context.out.text(&completions(*shell)?),
        What::Openapi => context.out.text(&openapi()?),
        What::Systemd => context.out.text(UNIT),
        What::Man { dir } => man(dir).map_err(|e| failed(dir, &e)),
        What::All { dir } => all(dir),
    }
}

fn all(dir: &Path) -> Result<(), Failure> {
    let scripts = dir.join("completions");
    fs::create_dir_all(&scripts).map_err(|e| failed(&scripts, &e))?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let file = scripts.join(shell.file());
        fs::write(&file, completions(shell)?).map_err(|e| failed(&file, &e))?;
    }
    let contract = dir.join("openapi.json");
    fs::write(&contract, openapi()?).map_err(|e| failed(&contract, &e))?;
    let pages = dir.join("man");
    man(&pages).map_err(|e| failed(&pages, &e))
}

/// The API, as `GET /api/v1/openapi.json` describes it.
fn openapi() -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&crate::supervisor::openapi_document());
    let text =
        text.map_err(|e| Failure::system("cannot write the API", &e.into(), "report this"))?;
    Ok(text + "\n")
}

/// The script that asks `ao` itself at each completion, so that live ids can be offered.
fn completions(shell: Shell) -> Result<String, Failure> {
    let mut script = Vec::new();
    shell.completer().write_registration("COMPLETE", "ao", "ao", "ao", &mut script).map_err(
        |e| Failure::system("cannot write the completions", &e, "report this as a fault"),
    )?;
    let script = String::from_utf8_lossy(&script);
    // The generator leaves blanks at line ends.
    Ok(script.lines().map(|line| line.trim_end().to_owned() + "\n").collect())
}

/// One page per command, `ao-orchestrator-relaunch.1` for a command in a command.
fn man(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut root = command().disable_help_subcommand(true);
    root.build();
    pages(&root, dir)
}

fn pages(command: &clap::Command, dir: &Path) -> io::Result<()> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        pages(inner, dir)?;
    }
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    // No date: the same command line gives the same page.
    clap_mangen::Man::new(command.clone().name(name.clone())).date("").render(&mut page)?;
    fs::write(dir.join(format!("{name}.1")), page)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::system(
        format!("cannot write {}", path.display()),
        error,
        "name a directory to write to",
    )
}

#[cfg(test)]
mod tests {
    use super::UNIT;

    #[test]
    fn the_unit_leaves_sessions_alone() {
        let lines: Vec<&str> = UNIT.lines().collect();
        for line in ["KillMode=process", "OOMPolicy=continue", "Restart=always"] {
            assert!(lines.contains(&line), "{line}");
        }
        let known = |line: &str| {
            line.is_empty() || line.starts_with('#') || line.starts_with('[') || line.contains('=')
        };
        assert!(lines.iter().all(|line| known(line)));
    }
}
