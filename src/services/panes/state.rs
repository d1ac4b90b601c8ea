//! The zellij that was found, and the panes of each project.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::model::ids::ProjectId;
use crate::panes::{ProjectPanes, Viewer, Zellij};
use crate::services::ServiceError;

/// zellij, or why there is none.
pub struct Panes {
    zellij: Result<Zellij, String>,
    viewer: Viewer,
    dir: PathBuf,
    open: Mutex<HashMap<ProjectId, Arc<ProjectPanes>>>,
    watched: Mutex<HashSet<ProjectId>>,
}

impl Panes {
    /// With the zellij that was found, or the reason why there are no panes.
    #[must_use]
    pub fn new(zellij: Result<Zellij, String>, viewer: Viewer, dir: PathBuf) -> Self {
        Self { zellij, viewer, dir, open: Mutex::default(), watched: Mutex::default() }
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

    /// The project's panes.
    pub(super) fn of(&self, project: &ProjectId) -> Result<Arc<ProjectPanes>, ServiceError> {
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

    /// Whether the caller is to watch the project's panes: nobody does so far.
    pub(super) fn begin_watch(&self, project: &ProjectId) -> bool {
        self.watched.lock().expect("nobody panics while holding the panes").insert(project.clone())
    }

    /// The watch is over.
    pub(super) fn end_watch(&self, project: &ProjectId) {
        self.watched.lock().expect("nobody panics while holding the panes").remove(project);
    }
}
