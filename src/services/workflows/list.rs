//! The runs of a project.

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::StoreError;
use crate::store::workflows as rows;
use crate::wire::workflow::{RunList, RunQuery};

/// Runs in an answer when the caller names no limit.
const PAGE: u32 = 50;
/// Most runs in one answer, besides those that are not over.
const MOST: u32 = 1000;

/// The newest runs of a project, or of all. Those that are not over are always
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
    let read = world.store.read(move |db| {
        let (runs, has_more) = rows::list(db, project.as_deref(), query.before.as_deref(), limit)?;
        let with = |run: rows::Run| {
            let (ops, told) = (rows::ops(db, &run.id)?, rows::told(db, &run.id, 100)?);
            Ok((run, ops, told))
        };
        let runs = runs.into_iter().map(with).collect::<Result<Vec<_>, StoreError>>()?;
        Ok((runs, has_more))
    });
    let (runs, has_more) = read.await?;
    let view = |(run, ops, told): &(rows::Run, Vec<rows::Op>, Vec<rows::Told>)| {
        super::view::view(world, run, ops, told)
    };
    let last =
        runs.iter().rfind(|(run, ..)| run.finished_at.is_some()).map(|(run, ..)| run.id.clone());
    Ok(RunList { runs: runs.iter().map(view).collect(), next_before: last.filter(|_| has_more) })
}
