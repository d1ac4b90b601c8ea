//! Panes for sessions: opened when one comes to life, closed when it is over. All of it is a view:
//! what fails here is logged and tried again at the next occasion, and never fails a session.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::model::ids::{ProjectId, SessionId};
use crate::model::rights::{Target, Verb};
use crate::model::session::Kind;
use crate::panes::{PaneSpec, PanesError, Place, ProjectPanes, Viewer, Zellij, pane_title};
use crate::store::Origin;
use crate::store::sessions::{self as rows, Session};
use crate::wire::supervisor::ZellijView;

use super::{Request, ServiceError, World, projects, sessions};

/// zellij, or why there is none.
pub struct Panes {
    zellij: Result<Zellij, String>,
    viewer: Viewer,
    dir: PathBuf,
    open: Mutex<HashMap<ProjectId, Arc<ProjectPanes>>>,
}

impl Panes {
    /// With the zellij that was found, or the reason why there are no panes.
    #[must_use]
    pub fn new(zellij: Result<Zellij, String>, viewer: Viewer, dir: PathBuf) -> Self {
        Self { zellij, viewer, dir, open: Mutex::new(HashMap::new()) }
    }

    /// zellij's version, or why there are no panes.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.zellij {
            Ok(zellij) => zellij.version().to_string(),
            Err(why) => why.clone(),
        }
    }

    /// Whether there are panes at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.zellij.is_ok()
    }

    fn of(&self, project: &ProjectId) -> Result<Arc<ProjectPanes>, ServiceError> {
        let zellij = self.zellij.as_ref().map_err(|why| ServiceError::NoZellij(why.clone()))?;
        let mut open = self.open.lock().expect("nobody panics while holding the panes");
        if let Some(panes) = open.get(project) {
            return Ok(panes.clone());
        }
        let panes =
            Arc::new(ProjectPanes::new(zellij.clone(), &self.dir, project, self.viewer.clone())?);
        open.insert(project.clone(), panes.clone());
        Ok(panes)
    }

    /// Ends the project's zellij session, if there is one.
    pub async fn forget(&self, project: &ProjectId) {
        let known =
            self.open.lock().expect("nobody panics while holding the panes").remove(project);
        if let Some(panes) = known
            && let Err(error) = panes.end().await
        {
            tracing::warn!(%project, %error, "failed to end the project's zellij session");
        }
    }
}

/// Opens the session's pane in a task of its own.
pub fn open_later(world: &Arc<World>, id: &SessionId) {
    if !world.panes.is_on() {
        return;
    }
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        if let Err(error) = open(&world, &id).await {
            tracing::warn!(session = %id, %error, "failed to open a pane");
        }
    });
}

/// Closes the session's pane in a task of its own.
pub fn close_later(world: &Arc<World>, id: &SessionId) {
    if !world.panes.is_on() {
        return;
    }
    let (world, id) = (world.clone(), id.clone());
    tokio::spawn(async move {
        if let Err(error) = close(&world, &id).await {
            tracing::warn!(session = %id, %error, "failed to close a pane");
        }
    });
}

async fn open(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let session = sessions::load(world, id.as_str()).await?;
    let panes = world.panes.of(&session.project)?;
    let (shared, lane) = (world.clone(), lane(&session.project));
    world
        .lanes
        .run(&lane, async move {
            // The turn may have come after the session's end.
            let session = sessions::load(&shared, session.id.as_str()).await?;
            if session.phase.is_over() {
                return Ok(());
            }
            panes.ensure().await?;
            panes.open(&spec(&session)).await?;
            note(&shared, &session, "open").await
        })
        .await?
}

async fn close(world: &Arc<World>, id: &SessionId) -> Result<(), ServiceError> {
    let session = sessions::load(world, id.as_str()).await?;
    let panes = world.panes.of(&session.project)?;
    let (shared, lane) = (world.clone(), lane(&session.project));
    world
        .lanes
        .run(&lane, async move {
            let session = sessions::load(&shared, session.id.as_str()).await?;
            if !session.phase.is_over() {
                return Ok(());
            }
            match panes.close(&session.id).await {
                Ok(()) | Err(PanesError::Gone | PanesError::NoPane(_)) => {}
                Err(error) => return Err(error.into()),
            }
            let alive = shared
                .store
                .read({
                    let project = session.project.to_string();
                    move |db| rows::count_alive(db, &project)
                })
                .await?;
            if alive == 0 {
                panes.end().await?;
            }
            note(&shared, &session, "closed").await
        })
        .await?
}

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

fn spec(session: &Session) -> PaneSpec {
    PaneSpec {
        session: session.id.clone(),
        title: pane_title(&session.id, session.label.as_deref()),
        place: match session.kind {
            Kind::Orchestrator => Place::Main,
            Kind::Worker => Place::Worker,
        },
    }
}

fn lane(project: &ProjectId) -> String {
    format!("panes:{project}")
}

async fn note(world: &World, session: &Session, pane: &'static str) -> Result<(), ServiceError> {
    if session.pane == pane {
        return Ok(());
    }
    let id = session.id.clone();
    let origin = Origin { request_id: None, now: world.now() };
    Ok(world.store.write(origin, move |change| rows::set_pane(change, &id, pane)).await?)
}
