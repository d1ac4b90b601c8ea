//! Ends processes of sessions that are over, of older generations, and of sessions that were undone:
//! proven ours by session, generation and data directory in their environment.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::ids::{Generation, SessionId};
use crate::process::{self, ProcessError};
use crate::services::lanes::CutOff;
use crate::services::{ServiceError, World, sessions};

/// One look at all processes. What is found is ended in the lane of its session, where nothing else
/// is being made of it.
pub(super) async fn end(world: &Arc<World>) -> Result<(), ServiceError> {
    let data = world.paths.data().display().to_string();
    let found = tokio::task::spawn_blocking(move || marked(&data)).await.map_err(|_| CutOff)??;
    for (id, generation) in found {
        if is_orphan(world, &id, generation).await? {
            let (shared, session) = (world.clone(), id.clone());
            let work = async move {
                if is_orphan(&shared, &session, generation).await? {
                    sessions::end_orphans(&shared, &session, generation).await?;
                }
                Ok::<_, ServiceError>(())
            };
            // In a task of its own: a lane may be busy for long.
            let world = world.clone();
            tokio::spawn(async move {
                let done = world.lanes.run(&sessions::lane(&id), work).await;
                if let Err(error) = done.map_err(ServiceError::from).and_then(|done| done) {
                    tracing::warn!(session = %id, %error, "failed to end what is left of a session");
                }
            });
        }
    }
    Ok(())
}

/// The sessions and generations that live processes say they are of.
fn marked(data: &str) -> Result<BTreeSet<(SessionId, Generation)>, ProcessError> {
    let names = ["AO_SESSION_ID", "AO_GENERATION"];
    let all = process::marked(("AO_DATA_DIR", data), &names)?;
    let parsed = all.into_iter().filter_map(|mut values| {
        let id = SessionId::parse(values.remove(names[0])?).ok()?;
        Some((id, Generation(values.remove(names[1])?.parse().ok()?)))
    });
    Ok(parsed.collect())
}

/// Whether nothing of this generation should run. The process was seen before the row is read.
async fn is_orphan(
    world: &World,
    id: &SessionId,
    generation: Generation,
) -> Result<bool, ServiceError> {
    match sessions::load(world, id.as_str()).await {
        Ok(session) => Ok(session.phase.is_over() || generation < session.generation),
        Err(ServiceError::NotFound { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
