//! Runs of flows: launched, driven step by step, approved, tried again, cancelled, told of. A run
//! has a driver (a task here) while something is under way, and one task for each step in hand;
//! agents and programs are processes that outlive both.

mod approve;
mod cancel;
mod driver;
mod facts;
mod find;
mod foreach;
mod inputs;
mod launch;
mod list;
mod options;
mod process;
mod recover;
mod registry;
mod result;
mod resume;
mod retry;
mod session;
mod step;
mod trust;
mod view;
mod wait;

pub use approve::approve;
pub use cancel::{cancel, cancel_all};
pub use launch::launch;
pub use list::list;
pub use recover::recover;
pub use registry::Flows;
pub use result::result;
pub use resume::resume;
pub use retry::retry;
pub use view::show;
pub use wait::wait;

use super::{Request, ServiceError, World};
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::store::flows::{self as rows, Run};

/// The run `id`, if the caller may do this with its project's.
async fn load(world: &World, request: &Request, verb: Verb, id: &str) -> Result<Run, ServiceError> {
    let run = row(world, id).await?;
    let project = ProjectId::parse(run.project.clone())?;
    let target = Target { project: Some(&project), ..Target::machine() };
    request.allow(world, verb, target).await?;
    Ok(run)
}

/// The run `id`.
async fn row(world: &World, id: &str) -> Result<Run, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| rows::find(db, &wanted)).await?;
    found.ok_or_else(|| ServiceError::NotFound { what: "flow run", id: id.to_owned() })
}
