//! `ao agents`: the agents there are, and what works with each. Needs no supervisor.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use futures_util::future::join_all;
use serde::Serialize;

use crate::agents::{
    Abilities, Catalog, Manifest, Report, Standing, ask, find_program, remembered, standing,
};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::output::agents;
use crate::wire::error::{ApiError, ErrorCode};

/// List agents: which are installed, and what works with them
#[derive(Debug, Args)]
pub struct AgentsArgs {
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show one
    Show {
        /// The agent's name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// An agent as it is told. Stable shape.
#[derive(Debug, Serialize)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Its program, where it is on PATH.
    pub program: Option<PathBuf>,
    /// What the program says of its version.
    pub version: Option<String>,
    /// Whether that version can be relied on.
    pub standing: Option<Standing>,
    /// The versions that are tested.
    pub certified: Vec<String>,
    /// What `ao doctor --delivery` found here, if it was run.
    pub checked: Option<Report>,
    /// What works.
    pub abilities: Abilities,
    /// What does not.
    pub limits: Vec<String>,
    /// How to get it.
    pub install: String,
}

/// `{"agents": […], "problems": […]}`
#[derive(Debug, Serialize)]
struct Agents {
    agents: Vec<Agent>,
    /// Manifests with a mistake, with file and line.
    problems: Vec<String>,
}

/// Does it.
pub async fn run(args: &AgentsArgs, context: &Context) -> Result<(), Failure> {
    let paths = context.paths()?;
    let catalog = Catalog::load(&paths.agents_dir())?;
    match &args.verb {
        None => list(&catalog, paths.data(), context).await,
        Some(Verb::Show { name }) => {
            let manifest = catalog.get(name).map_err(|error| {
                let hint = "`ao agents` lists those there are";
                ApiError::new(ErrorCode::NotFound, "cannot show the agent", error.to_string(), hint)
            })?;
            let agent = look(manifest, paths.data(), context).await;
            let shown = serde_json::json!({ "agent": agent });
            context.out.result(&shown, &[&agent.name], || agents::detail(&context.out, &agent))
        }
    }
}

async fn list(catalog: &Catalog, data: &Path, context: &Context) -> Result<(), Failure> {
    let all = Agents {
        agents: join_all(catalog.agents().map(|manifest| look(manifest, data, context))).await,
        problems: catalog.problems().map(ToString::to_string).collect(),
    };
    let names: Vec<&str> = all.agents.iter().map(|agent| agent.name.as_str()).collect();
    context.out.result(&all, &names, || {
        for problem in &all.problems {
            context.out.notice(&format!("left out: {problem}"));
        }
        context.out.table(&agents::table(&all.agents))
    })
}

async fn look(manifest: &Manifest, data: &Path, context: &Context) -> Agent {
    let path = context.environment.get("PATH");
    let program = manifest.binary.as_deref().and_then(|binary| find_program(binary, path));
    let version = match &program {
        Some(program) => ask(program).await,
        None => None,
    };
    Agent {
        name: manifest.name.clone(),
        about: manifest.about.clone(),
        standing: version.as_deref().map(|said| standing(manifest, said)),
        program,
        version,
        certified: manifest.certified.clone(),
        checked: remembered(data).remove(&manifest.name),
        abilities: Abilities::of(manifest),
        limits: manifest.limits.clone(),
        install: manifest.install.clone(),
    }
}
