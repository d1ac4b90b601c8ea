//! The whole result that a session reported.

use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World};
use crate::wire::session::ResultView;

/// The result, uncut; nothing when it reported none.
pub async fn result(
    world: &World,
    request: &Request,
    id: &str,
) -> Result<ResultView, ServiceError> {
    let session = super::load(world, id).await?;
    let target = session.target();
    request.allow(world, Verb::ReadOutput, target).await?;
    Ok(ResultView { session: session.id.to_string(), result: session.result })
}
