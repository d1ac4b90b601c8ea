//! The runs of a project.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World};
use crate::store::flows as rows;
use crate::wire::flow::RunList;

/// Most runs of a list.
const LIMIT: u32 = 50;

/// The newest runs of `project`, or of all, without their steps.
pub async fn list(
    world: &World,
    request: &Request,
    project: Option<&str>,
) -> Result<RunList, ServiceError> {
    let id = project.map(ProjectId::parse).transpose()?;
    let target = Target { project: id.as_ref(), ..Target::machine() };
    request.allow(world, Verb::ReadStatus, target).await?;
    let project = project.map(str::to_owned);
    let runs = world.store.read(move |db| rows::list(db, project.as_deref(), LIMIT)).await?;
    Ok(RunList { runs: runs.iter().map(|run| super::view::view(world, run, None)).collect() })
}
