//! The role prompt of a session, from the facts about it and the repository's extra rules.

use std::path::Path;

use crate::config::ProjectFile;
use crate::model::names::orchestrator_id;
use crate::model::session::Kind;
use crate::services::prompts::{self, OrchestratorFacts, WorkerFacts};
use crate::services::{ServiceError, World};
use crate::store::projects::Project;
use crate::store::sessions::{Session, orchestrator_of};

use super::prepare::blocking;

/// Whether the repository's rules can be read; asked before anything is made for a launch, or ended
/// for one.
pub async fn check_rules(project: &Project) -> Result<(), ServiceError> {
    let checkout = Path::new(&project.path).to_owned();
    blocking(move || ProjectFile::load(&checkout)).await.map(drop)
}

/// What the session's agent is told about its role.
pub(super) async fn prompt(
    world: &World,
    project: &Project,
    session: &Session,
) -> Result<String, ServiceError> {
    let checkout = Path::new(&project.path).to_owned();
    let file = blocking(move || ProjectFile::load(&checkout)).await?;
    let rendered = match session.kind {
        Kind::Orchestrator => prompts::orchestrator(&OrchestratorFacts {
            session: session.id.to_string(),
            project: project.id.to_string(),
            prefix: project.prefix.clone(),
            repository: project.path.clone(),
            default_branch: project.default_branch.clone(),
            worktree: session.worktree.clone(),
            branch: session.branch.clone(),
            rules: file.prompts.orchestrator_rules,
        }),
        Kind::Worker => prompts::worker(&WorkerFacts {
            session: session.id.to_string(),
            project: project.id.to_string(),
            orchestrator: orchestrator(world, project).await?,
            repository: project.path.clone(),
            default_branch: project.default_branch.clone(),
            worktree: session.worktree.clone(),
            branch: session.branch.clone(),
            issue: session.issue.clone(),
            // Issues are texts of a forge; without one there is only the id.
            issue_text: None,
            rules: file.prompts.worker_rules,
        }),
    };
    Ok(rendered?)
}

async fn orchestrator(world: &World, project: &Project) -> Result<Option<String>, ServiceError> {
    let id = project.id.to_string();
    let found = world.store.read(move |db| orchestrator_of(db, &id)).await?;
    let canonical = orchestrator_id(&project.prefix)?;
    Ok(found.map(|_| canonical.to_string()))
}
