//! Workflows: where scripts are found, how a run is launched, driven, recovered, stopped and told
//! of. A run has a driver (a task here), a host (a process that runs the script) and agents
//! (processes that outlive both).

mod agent;
mod attachments;
mod burst;
mod catalog;
mod deliver;
mod discover;
mod driver;
mod end;
mod fingerprint;
mod launch;
mod list;
mod logs;
mod options;
mod process;
mod recover;
mod registry;
mod result;
mod session;
mod signal;
mod table;
mod view;
mod wait;

pub use discover::{find, list as list_scripts};
pub use launch::launch;
pub use list::list;
pub use logs::logs;
pub use recover::recover;
pub use registry::Workflows;
pub use result::result;
pub use signal::{pause, resume, stop, stop_all};
pub use view::{script, status};
pub use wait::wait;

use super::{Request, ServiceError, World};
use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::store::workflows::{self as rows, Run};

/// The run `id`, if the caller may do this with its project's.
async fn load(world: &World, request: &Request, verb: Verb, id: &str) -> Result<Run, ServiceError> {
    let wanted = id.to_owned();
    let found = world.store.read(move |db| rows::find(db, &wanted)).await?;
    let run =
        found.ok_or_else(|| ServiceError::NotFound { what: "workflow run", id: id.to_owned() })?;
    let project = ProjectId::parse(run.project.clone())?;
    let target = Target { project: Some(&project), ..Target::machine() };
    request.allow(world, verb, target).await?;
    Ok(run)
}
