//! The runs of a project.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::flows as rows;
use crate::wire::flow::{RunList, RunQuery};

/// Runs in an answer when the caller names no limit.
const PAGE: u32 = 50;
/// Most runs in one answer, besides those that are not over.
const MOST: u32 = 1000;

/// The newest runs of a project, or of all, without their steps. Those that are not over are always
/// among them, whatever their age.
pub async fn list(
    world: &World,
    request: &Request,
    query: RunQuery,
) -> Result<RunList, ServiceError> {
    let project = match &query.project {
        Some(id) => Some(projects::load(world, id).await?.id),
        None => None,
    };
    let target = Target { project: project.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    let project = project.map(|id| id.to_string());
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let page = move |db: &_| rows::list(db, project.as_deref(), query.before.as_deref(), limit);
    let (runs, has_more) = world.store.read(page).await?;
    let view = |run: &rows::Run| super::view::view(world, run, None);
    let last = runs.iter().rfind(|run| run.finished_at.is_some()).map(|run| run.id.clone());
    Ok(RunList { runs: runs.iter().map(view).collect(), next_before: last.filter(|_| has_more) })
}
