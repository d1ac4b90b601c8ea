//! Which agent a session runs, decided before anything is made.

use std::ffi::OsStr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::services::{ServiceError, World};
use crate::store::projects::Project;
use crate::wire::session::AgentChoice;

/// A decided choice; kept with the session as JSON, for its next launch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// A manifest's name.
    pub agent: String,
    /// The model, in the agent's own words.
    pub model: Option<String>,
    /// The permission mode, in the manifest's words.
    pub permission: Option<String>,
    /// The command, for the agent `command`.
    pub command: Vec<String>,
    /// The program, as an absolute path; looked up anew at each launch.
    #[serde(skip)]
    pub program: PathBuf,
}

/// Decides: what is asked for, else what the session ran before, else the project's agent, else
/// the configuration's. The program must be there, and the agent must take what is asked of it.
pub fn choose(
    world: &World,
    asked: &AgentChoice,
    before: Option<&Chosen>,
    project: &Project,
    path: &str,
) -> Result<Chosen, ServiceError> {
    let mut chosen = merge(world, asked, before, project)?;
    let catalog = world.catalog();
    let manifest = catalog.get(&chosen.agent)?;
    let (model, permission) = (chosen.model.as_deref(), chosen.permission.as_deref());
    crate::agents::check_options(manifest, model, permission)?;
    let program =
        chosen.command.first().or(manifest.binary.as_ref()).cloned().ok_or_else(|| {
            ServiceError::Usage(format!("the agent {} needs a command", chosen.agent))
        })?;
    let found = crate::agents::find_program(&program, Some(OsStr::new(path)));
    chosen.program = found.ok_or_else(|| ServiceError::AgentMissing {
        agent: chosen.agent.clone(),
        program,
        installed: catalog.installed(Some(OsStr::new(path))),
    })?;
    Ok(chosen)
}

fn merge(
    world: &World,
    asked: &AgentChoice,
    before: Option<&Chosen>,
    project: &Project,
) -> Result<Chosen, ServiceError> {
    if let Some(command) = &asked.command {
        if command.is_empty() || command[0].is_empty() {
            return Err(ServiceError::Usage("the command is empty".to_owned()));
        }
        if asked.agent.as_deref().is_some_and(|agent| agent != COMMAND) {
            let text = "an agent and a command are asked for, one of them is needed".to_owned();
            return Err(ServiceError::Usage(text));
        }
        return Ok(Chosen {
            agent: COMMAND.to_owned(),
            model: asked.model.clone(),
            permission: asked.permission.clone(),
            command: command.clone(),
            program: PathBuf::new(),
        });
    }
    let keeps = asked.agent.is_none() || asked.agent.as_deref() == before.map(|b| b.agent.as_str());
    if let Some(before) = before.filter(|_| keeps) {
        let mut chosen = before.clone();
        chosen.model = asked.model.clone().or(chosen.model);
        chosen.permission = asked.permission.clone().or(chosen.permission);
        return Ok(chosen);
    }
    let configured = || project.agent.clone().unwrap_or_else(|| world.settings.agent.clone());
    let agent = asked.agent.clone().unwrap_or_else(configured);
    if agent == COMMAND {
        return Err(ServiceError::Usage("the agent `command` needs a command".to_owned()));
    }
    Ok(Chosen {
        agent,
        model: asked.model.clone(),
        permission: asked.permission.clone(),
        command: Vec::new(),
        program: PathBuf::new(),
    })
}

/// The name of the manifest for any command.
pub(super) const COMMAND: &str = "command";
