//! Ends a subagent.

use std::sync::Arc;

use crate::services::{Request, ServiceError, World};
use crate::store::subagents as rows;
use crate::wire::subagent::SubagentAnswer;

/// Notes that it is to end, and returns when it has ended. One that is over is left as it is.
pub async fn cancel(
    world: &Arc<World>,
    request: &Request,
    id: &str,
) -> Result<SubagentAnswer, ServiceError> {
    super::find::allowed(world, request, id).await?;
    let wanted = id.to_owned();
    let cancel = move |change: &crate::store::Change<'_>| rows::cancel(change, &wanted);
    world.store.write(request.origin(world.now()), cancel).await?;
    super::wait::over(world, id).await
}
