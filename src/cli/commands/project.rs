//! `ao project`: registered repositories.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use super::project_trust;
use super::start::absolute;
use crate::cli::args::Key;
use crate::cli::candidates;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::projects;
use crate::client::{Client, Deadline, Target};
use crate::wire::project::{AddProject, ProjectAnswer, ProjectList, SetProject};

/// Register, list and change repositories
#[derive(Debug, Args)]
pub struct ProjectArgs {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Register a repository
    Add {
        /// The repository, or a folder in it [default: the current folder]
        #[arg(value_name = "PATH", value_hint = clap::ValueHint::DirPath)]
        path: Option<PathBuf>,
        /// What workers branch from [default: what the repository suggests]
        #[arg(long, value_name = "BRANCH")]
        default_branch: Option<String>,
        /// The agent of its sessions [default: the configuration's]
        #[arg(long, value_name = "NAME")]
        agent: Option<String>,
        #[command(flatten)]
        key: Key,
    },
    /// List registered repositories
    Ls,
    /// Show one
    Show {
        /// The project's id [default: the current one]
        #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::projects))]
        id: Option<String>,
    },
    /// Change one
    Set {
        /// The project's id [default: the current one]
        #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::projects))]
        id: Option<String>,
        /// What workers branch from
        #[arg(long, value_name = "BRANCH", required_unless_present_any = ["agent", "restore", "open_network", "permits"])]
        default_branch: Option<String>,
        /// The agent of its sessions; an empty text takes the choice away
        #[arg(long, value_name = "NAME")]
        agent: Option<String>,
        /// Whether its agents' sandboxes may reach the network; a sandboxed agent needs that to call ao
        #[arg(long, value_name = "BOOL")]
        open_network: Option<bool>,
        /// Whether its orchestrator may answer its workers' permission requests with ao permit
        #[arg(long = "orchestrator-permits", value_name = "BOOL")]
        permits: Option<bool>,
        /// Whether sessions that were lost, with a reboot say, are started again when the
        /// supervisor starts
        #[arg(long, value_name = "BOOL")]
        restore: Option<bool>,
        #[command(flatten)]
        key: Key,
    },
    /// Agree to the commands in its ao.toml, which run in each fresh worktree, and to those of its flows
    ///
    /// They are shown first. Exactly these are trusted: when they change, none is run until you
    /// agree again, and sessions start without them. What a command calls in the repository is not
    /// looked at.
    Trust {
        /// The project's id [default: the current one]
        #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::projects))]
        id: Option<String>,
        /// Do not ask
        #[arg(long, conflicts_with = "revoke")]
        yes: bool,
        /// Take it back: none of its commands is run any more
        #[arg(long)]
        revoke: bool,
        #[command(flatten)]
        key: Key,
    },
    /// Take one off the list; the repository, its branches and worktrees stay
    Rm {
        /// The project's id
        #[arg(value_name = "ID", add = ArgValueCandidates::new(candidates::projects))]
        id: String,
        #[command(flatten)]
        key: Key,
    },
}

/// Does it.
pub async fn run(args: ProjectArgs, context: &Context) -> Result<(), Failure> {
    match args.verb {
        Verb::Add { path, default_branch, agent, key } => {
            let body = AddProject { path: absolute(path)?, default_branch, agent, ensure: false };
            let client = context.client_with(&key).await?;
            let target = Target::new(&["projects"]);
            let answer: ProjectAnswer = client.post(&target, &body, Deadline::Long).await?;
            print(&answer, context)
        }
        Verb::Ls => ls(context).await,
        Verb::Show { id } => {
            let client = context.client().await?;
            let id = named(id, &client, context).await?;
            let answer: ProjectAnswer = client.get(&Target::new(&["projects", &id])).await?;
            print(&answer, context)
        }
        Verb::Set { id, default_branch, agent, restore, open_network, permits, key } => {
            let client = context.client_with(&key).await?;
            let id = named(id, &client, context).await?;
            let body = SetProject { default_branch, agent, restore, open_network, permits };
            let target = Target::new(&["projects", &id]);
            let answer: ProjectAnswer = client.patch(&target, &body).await?;
            print(&answer, context)
        }
        Verb::Trust { id, yes, revoke, key } => {
            let client = context.client_with(&key).await?;
            let id = named(id, &client, context).await?;
            project_trust::run(&client, &id, project_trust::Trust { yes, revoke }, context).await
        }
        Verb::Rm { id, key } => {
            let client = context.client_with(&key).await?;
            let answer: ProjectAnswer = client.delete(&Target::new(&["projects", &id])).await?;
            context.out.result(&answer, &[&answer.project.id], || {
                context.out.line(&format!("{} is no longer registered", answer.project.id))
            })
        }
    }
}

async fn named(id: Option<String>, client: &Client, context: &Context) -> Result<String, Failure> {
    match id {
        Some(id) => Ok(id),
        None => context.project(client).await,
    }
}

async fn ls(context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let list: ProjectList = client.get(&Target::new(&["projects"])).await?;
    let ids: Vec<&str> = list.projects.iter().map(|p| p.id.as_str()).collect();
    context.out.result(&list, &ids, || {
        if list.projects.is_empty() {
            return context
                .out
                .line("no project is registered: `ao start` in a repository does it");
        }
        context.out.table(&projects::table(&list.projects))
    })
}

fn print(answer: &ProjectAnswer, context: &Context) -> Result<(), Failure> {
    context.out.result(answer, &[&answer.project.id], || {
        for notice in &answer.notices {
            context.out.notice(notice);
        }
        projects::detail(&context.out, &answer.project)
    })
}
