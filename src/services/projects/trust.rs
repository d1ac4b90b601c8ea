//! What of a repository may run: shown to a person, agreed to, taken back.

use std::path::Path;

use crate::config::{ProjectFile, SetupSection};
use crate::model::rights::{Target, Verb};
use crate::model::trust::Trust;
use crate::services::{Request, ServiceError, World, secret};
use crate::store::projects::{self, Project};
use crate::wire::project::{TrustAnswer, TrustProject};

use super::find::load;

/// Shows the project's commands and whether they may run.
pub async fn trust(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<TrustAnswer, ServiceError> {
    let project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    let setup = setup(&project).await?;
    Ok(answer(&project, &setup))
}

/// Pins exactly the commands that a person has seen, known by their hash; or, without one, takes
/// back what was pinned.
///
/// # Errors
/// When the commands are others by now: nothing is pinned then.
pub async fn set_trust(
    world: &World,
    request: &Request,
    id: &str,
    asked: TrustProject,
) -> Result<TrustAnswer, ServiceError> {
    let mut project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Administer, target).await?;
    let setup = setup(&project).await?;
    if let Some(hash) = &asked.hash
        && found(&setup).as_ref() != Some(hash)
    {
        return Err(ServiceError::TrustChanged(project.id.to_string()));
    }
    project.trusted = asked.hash;
    let row = project.clone();
    let commands = if row.trusted.is_some() { setup.post_create.clone() } else { Vec::new() };
    world
        .store
        .write(request.origin(world.now()), move |change| {
            projects::set_trusted(change, &row.id, row.trusted.as_deref(), &commands)
        })
        .await?;
    Ok(answer(&project, &setup))
}

/// Whether what `setup` says may run.
pub(in crate::services) fn trust_in(project: &Project, setup: &SetupSection) -> Trust {
    Trust::of(project.trusted.as_deref(), found(setup).as_deref())
}

fn found(setup: &SetupSection) -> Option<String> {
    let commands = &setup.post_create;
    (!commands.is_empty()).then(|| secret::sha256(&serde_json::json!(commands).to_string()))
}

async fn setup(project: &Project) -> Result<SetupSection, ServiceError> {
    let checkout = Path::new(&project.path).to_owned();
    let loaded = tokio::task::spawn_blocking(move || ProjectFile::load(&checkout)).await;
    Ok(loaded.map_err(|_| crate::services::lanes::CutOff)??.setup)
}

fn answer(project: &Project, setup: &SetupSection) -> TrustAnswer {
    TrustAnswer {
        project: project.id.to_string(),
        state: trust_in(project, setup).as_str().to_owned(),
        file: Path::new(&project.path).join(ProjectFile::NAME).display().to_string(),
        commands: setup.post_create.clone(),
        hash: found(setup),
    }
}
