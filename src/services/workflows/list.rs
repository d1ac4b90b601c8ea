//! The runs of a project.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::workflows as rows;
use crate::wire::workflow::RunList;

/// Most runs of a list.
const LIMIT: u32 = 50;

/// The newest runs of `project`, or of all.
pub async fn list(
    world: &World,
    request: &Request,
    project: Option<&str>,
) -> Result<RunList, ServiceError> {
    let id = project.map(ProjectId::parse).transpose()?;
    let target = Target { project: id.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    let project = project.map(str::to_owned);
    let read = world.store.read(move |db| {
        let runs = rows::list(db, project.as_deref(), LIMIT)?;
        let with = |run: rows::Run| {
            let (ops, told) = (rows::ops(db, &run.id)?, rows::told(db, &run.id, 100)?);
            Ok((run, ops, told))
        };
        runs.into_iter().map(with).collect::<Result<Vec<_>, _>>()
    });
    let view = |(run, ops, told): (rows::Run, Vec<rows::Op>, Vec<rows::Told>)| {
        super::view::view(world, &run, &ops, &told)
    };
    Ok(RunList { runs: read.await?.into_iter().map(view).collect() })
}
