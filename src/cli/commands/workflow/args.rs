//! The arguments of `ao workflow`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::budget::Budget;
use crate::cli::args::Key;

/// Run JavaScript that conducts agents: every call is journaled, nothing finished runs twice
///
/// A workflow is one file that begins with `export const meta = {name, description}` and calls
/// agent(), parallel(), pipeline(), phase(), log(), workflow(). It is found by its name in
/// .ao/workflows and .claude/workflows of the project, in the configuration directory and at home.
#[derive(Debug, Args)]
pub struct WorkflowArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the workflows that can be run, also the broken ones with the reason
    List,
    /// Show one: what it says of itself, and its script
    Show {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check a file without running it
    Check {
        /// The file
        #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Run one; prints the run's id first, then its progress, then its result
    Run(Box<RunArgs>),
    /// List the runs, or show one with its agents
    Status(StatusArgs),
    /// Show what a run told: phases, lines, warnings
    Logs {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// End a run, or one agent of it
    Stop {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        /// Only this agent, by its number or label: its call comes to null
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
        #[command(flatten)]
        key: Key,
    },
    /// Start no further agent; those that run finish
    Pause {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        key: Key,
    },
    /// Go on with a run that was paused, or whose process was lost
    Resume {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        key: Key,
    },
    /// List the agents of a run
    Agents {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Print what came of a run
    Result {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        /// Wait until it is over
        #[arg(long)]
        wait: bool,
    },
    /// Keep the script of a run as a workflow of the project
    Save {
        /// The run
        #[arg(value_name = "RUN")]
        run: String,
        /// The file's name, without .js
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// At home, for all projects
        #[arg(long)]
        home: bool,
    },
}

/// Which runs.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The run [default: the newest, and all that are not over]
    #[arg(value_name = "RUN", conflicts_with_all = ["before", "limit"])]
    pub run: Option<String>,
    /// Only runs before this one that are over
    #[arg(long, value_name = "RUN")]
    pub before: Option<String>,
    /// At most this many runs that are over [default: 50]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

/// How to run it.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A workflow's name, or a file
    #[arg(value_name = "NAME|FILE")]
    pub what: String,
    /// What the script gets as `args`: JSON, or plain text
    #[arg(long, value_name = "JSON", conflicts_with_all = ["arg", "args_file"])]
    pub args: Option<String>,
    /// One field of `args`, as text; can be given several times
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "args_file")]
    pub arg: Vec<String>,
    /// Read `args` from a JSON file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub args_file: Option<PathBuf>,
    /// Agents at the same time, 1 to 64 [default: the script's own, else 3]
    #[arg(long, value_name = "NUMBER")]
    pub concurrency: Option<u32>,
    /// What may be spent: output tokens (60000, 500k, 2m), or money by the prices in prices.toml
    /// (usd:2.50)
    #[arg(long, value_name = "TOKENS|usd:N", value_parser = Budget::parse)]
    pub budget: Option<Budget>,
    /// Take the results of an earlier run; the script may have changed since
    #[arg(long, value_name = "RUN")]
    pub resume_from: Option<String>,
    /// Of these only up to the first call that has changed: for agents that read what earlier ones
    /// wrote
    #[arg(long, requires = "resume_from")]
    pub strict_prefix: bool,
    /// Take nothing from earlier runs
    #[arg(long)]
    pub fresh: bool,
    /// Print the run's id and return; the run goes on
    #[arg(long)]
    pub detach: bool,
    /// Ctrl-C ends the run, instead of the wait for it alone
    #[arg(long, conflicts_with = "detach")]
    pub kill_on_exit: bool,
    /// The agent for calls that name none [default: the project's, else the configuration's]
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    pub agent: Option<String>,
    /// Run a command (behind --) in a session with a pane, as agents with a name are
    #[arg(long)]
    pub show: bool,
    /// Longest time the script may run without waiting, in milliseconds [default: 5000]
    #[arg(long, value_name = "MS")]
    pub slice_ms: Option<u64>,
    /// A command as the agent: told the prompt on standard input, its output is the result
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    pub key: Key,
}
