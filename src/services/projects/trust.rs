//! What of a repository may run: shown to a person, agreed to, taken back.

use std::path::Path;

use crate::config::{ProjectFile, SetupSection, read_regular_text, toml_files};
use crate::model::flow;
use crate::model::rights::{Target, Verb};
use crate::model::trust::Trust;
use crate::services::{Request, ServiceError, World, secret};
use crate::store::flows as store_flows;
use crate::store::projects::{self, Project};
use crate::wire::project::{TrustAnswer, TrustProject, TrustedFlow};

use super::find::load;

/// Largest flow that is looked at, in bytes.
const MAX_FLOW: u64 = 1024 * 1024;

/// Shows the project's commands, and its flows with programs, and whether they may run.
pub async fn trust(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<TrustAnswer, ServiceError> {
    let project = load(world, id).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    let setup = setup(&project).await?;
    answer(world, &project, &setup).await
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
    let flows = flows_of(world, &project).await?;
    if asked.flows.iter().any(|hash| flows.iter().all(|flow| flow.hash != *hash)) {
        return Err(ServiceError::TrustChanged(project.id.to_string()));
    }
    project.trusted = asked.hash;
    let row = project.clone();
    let commands = if row.trusted.is_some() { setup.post_create.clone() } else { Vec::new() };
    world
        .store
        .write(request.origin(world.now()), move |change| {
            projects::set_trusted(change, &row.id, row.trusted.as_deref(), &commands)?;
            store_flows::set_trusted(change, &row.id, &asked.flows)
        })
        .await?;
    answer(world, &project, &setup).await
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

/// The flows of the main checkout that run programs.
async fn flows_of(world: &World, project: &Project) -> Result<Vec<TrustedFlow>, ServiceError> {
    let folder = Path::new(&project.path).join(".ao/flows");
    let found = tokio::task::spawn_blocking(move || with_programs(&folder)).await;
    let mut flows = found.map_err(|_| crate::services::lanes::CutOff)?;
    for flow in &mut flows {
        let (id, hash) = (project.id.to_string(), flow.hash.clone());
        flow.trusted = world.store.read(move |db| store_flows::is_trusted(db, &id, &hash)).await?;
    }
    Ok(flows)
}

/// What cannot be read as a flow cannot be run as one either.
fn with_programs(folder: &Path) -> Vec<TrustedFlow> {
    let files = toml_files(folder).unwrap_or_default();
    let flow = |path: std::path::PathBuf| {
        let text = read_regular_text(&path, MAX_FLOW).ok()?;
        let commands = flow::programs(&flow::read(&text).ok()?);
        let (file, hash) = (path.display().to_string(), secret::sha256(&text));
        (!commands.is_empty()).then_some(TrustedFlow { file, commands, hash, trusted: false })
    };
    files.into_iter().filter_map(flow).collect()
}

async fn answer(
    world: &World,
    project: &Project,
    setup: &SetupSection,
) -> Result<TrustAnswer, ServiceError> {
    let flows = flows_of(world, project).await?;
    Ok(TrustAnswer {
        flows,
        project: project.id.to_string(),
        state: trust_in(project, setup).as_str().to_owned(),
        file: Path::new(&project.path).join(ProjectFile::NAME).display().to_string(),
        commands: setup.post_create.clone(),
        hash: found(setup),
    })
}
