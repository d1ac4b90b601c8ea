//! One tool call with the whole of what went in and came out.

use crate::model::ids::ProjectId;
use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, lanes, sessions};
use crate::store::traces::{self, Trace};
use crate::wire::trace::TraceAnswer;

/// The call `id`; bodies that are artifacts are read in.
pub async fn find(world: &World, request: &Request, id: i64) -> Result<TraceAnswer, ServiceError> {
    let found = world.store.read(move |db| traces::find(db, id)).await?;
    let mut row =
        found.ok_or_else(|| ServiceError::NotFound { what: "trace", id: id.to_string() })?;
    allow(world, request, &row).await?;
    let files = world.artifacts.clone();
    let row = tokio::task::spawn_blocking(move || {
        for body in [&mut row.call.input, &mut row.call.output].into_iter().flatten() {
            let Some(sha) = body.sha.as_deref().filter(|_| body.cut) else { continue };
            match files.read(sha) {
                Ok(bytes) => {
                    body.text = String::from_utf8_lossy(&bytes).into_owned();
                    body.cut = false;
                }
                // The begin of it is better than nothing.
                Err(error) => tracing::warn!(%error, sha, "an artifact cannot be read"),
            }
        }
        row
    });
    let row = row.await.map_err(|_| lanes::CutOff)?;
    Ok(TraceAnswer { trace: super::list::view(row, world.now().0) })
}

async fn allow(world: &World, request: &Request, row: &Trace) -> Result<(), ServiceError> {
    match sessions::load(world, &row.session).await {
        Ok(session) => request.allow(world, Verb::ReadOutput, session.target()).await,
        Err(ServiceError::NotFound { .. }) => {
            let project = ProjectId::parse(row.project.clone())?;
            let target = Target { project: Some(&project), ..Target::machine() };
            request.allow(world, Verb::ReadOutput, target).await
        }
        Err(error) => Err(error),
    }
}
