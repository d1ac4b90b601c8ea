//! Shows a project's panes to a person.

use std::ffi::OsString;
use std::sync::Arc;

use crate::model::rights::{Target, Verb};
use crate::services::{Request, ServiceError, World, projects};
use crate::store::sessions as rows;
use crate::wire::supervisor::ZellijView;

use super::lane;
use super::open::open;

/// Opens every pane that is missing and says what a person's terminal has to run.
pub async fn zellij(
    world: &Arc<World>,
    request: &Request,
    project: &str,
) -> Result<ZellijView, ServiceError> {
    let project = projects::load(world, project).await?;
    let target = Target { project: Some(&project.id), ..Target::machine() };
    request.allow(world, Verb::Attach, target).await?;
    let panes = world.panes.of(&project.id)?;
    let id = project.id.to_string();
    let alive = world.store.read(move |db| rows::list(db, Some(&id), false)).await?;
    for session in &alive {
        open(world, &session.id).await?;
    }
    let (shown, shared) = (panes.clone(), world.clone());
    let listed = shared
        .lanes
        .run(&lane(&project.id), async move {
            shown.ensure().await?;
            shown.list().await
        })
        .await??;
    // The rest of the environment is the caller's own.
    let command = panes.attach_command(std::iter::empty());
    let text = |text: OsString| text.to_string_lossy().into_owned();
    Ok(ZellijView {
        argv: std::iter::once(command.program.display().to_string())
            .chain(command.arguments.into_iter().map(text))
            .collect(),
        env: command.environment.into_iter().map(|(k, v)| (text(k), text(v))).collect(),
        name: panes.session_name().to_owned(),
        panes: listed.into_iter().map(|pane| pane.session.to_string()).collect(),
    })
}
