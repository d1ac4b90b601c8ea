//! Registers a repository.

use std::path::Path;

use crate::model::names;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::projects::{self, Project};
use crate::wire::project::{AddProject, ProjectAnswer};
use crate::workspace::{self, RepositoryFacts};

/// Registers the repository at `add.path`, or finds it registered.
pub async fn add(
    world: &World,
    request: &Request,
    add: AddProject,
) -> Result<ProjectAnswer, ServiceError> {
    request.allow(world, Verb::Administer, Target::machine()).await?;
    let path = Path::new(&add.path);
    if !path.is_absolute() {
        return Err(ServiceError::Usage(format!("the path {path:?} is not absolute")));
    }
    let facts = workspace::inspect(&world.git, path, add.default_branch.as_deref()).await?;
    if let Some(agent) = &add.agent {
        world.catalog().get(agent)?;
    }
    let notices = notices(&facts);
    if let Some(known) = known(world, &facts).await? {
        if !add.ensure {
            let path = facts.root.display().to_string();
            return Err(ServiceError::Registered { path, project: known.id.to_string() });
        }
        return Ok(ProjectAnswer {
            project: super::view(world, known).await?,
            created: false,
            notices,
        });
    }
    match register(world, request, &add, &facts).await {
        Ok(project) => Ok(ProjectAnswer {
            project: super::view(world, project).await?,
            created: true,
            notices,
        }),
        // Somebody registered it between the look and the transaction.
        Err(error) => match known(world, &facts).await? {
            Some(known) if add.ensure => Ok(ProjectAnswer {
                project: super::view(world, known).await?,
                created: false,
                notices,
            }),
            _ => Err(error),
        },
    }
}

async fn known(world: &World, facts: &RepositoryFacts) -> Result<Option<Project>, ServiceError> {
    let dir = facts.common_dir.display().to_string();
    Ok(world.store.read(move |db| projects::find_by_common_dir(db, &dir)).await?)
}

async fn register(
    world: &World,
    request: &Request,
    add: &AddProject,
    facts: &RepositoryFacts,
) -> Result<Project, ServiceError> {
    let folder =
        facts.root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let path = text(&facts.root)?;
    let common_dir = text(&facts.common_dir)?;
    let default_branch = facts.default_branch.clone();
    let agent = add.agent.clone();
    let used = used_numbers(facts);
    let now = world.now();
    let added = world
        .store
        .write(request.origin(now), move |change| {
            let all = projects::list(change.db())?;
            let id = names::project_id(&folder, |id| all.iter().any(|p| p.id.as_str() == id))
                .expect("what project_id makes is an id");
            let prefix = names::prefix(&folder, |prefix| all.iter().any(|p| p.prefix == prefix));
            let next_worker = used(&prefix) + 1;
            let project = Project {
                id,
                prefix,
                path,
                common_dir,
                default_branch,
                agent,
                trusted: None,
                restore: false,
                open_network: false,
                permits: false,
                created_at: now,
            };
            projects::add(change, &project, next_worker)?;
            Ok(project)
        })
        .await?;
    Ok(added)
}

/// The highest `n` of the branches `worker/<prefix>-<n>` that the repository has from an earlier
/// registration: their numbers are not used again.
fn used_numbers(facts: &RepositoryFacts) -> impl Fn(&str) -> u32 + Send + 'static {
    let branches = workspace::local_branches(&facts.root).unwrap_or_default();
    move |prefix| {
        let start = format!("worker/{prefix}-");
        let numbers = branches.iter().filter_map(|b| b.strip_prefix(&start)?.parse::<u32>().ok());
        numbers.max().unwrap_or(0)
    }
}

fn text(path: &Path) -> Result<String, ServiceError> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| ServiceError::Usage(format!("the path {path:?} is not UTF-8")))
}

fn notices(facts: &RepositoryFacts) -> Vec<String> {
    let mut notices = Vec::new();
    if facts.uncommitted_changes == Some(true) {
        notices.push(format!(
            "{} has uncommitted changes; sessions start from the commits of {}",
            facts.root.display(),
            facts.default_branch
        ));
    }
    notices
}
