//! Gathers what the law of admission asks for. It is asked in the transaction that takes the place,
//! so that of two at the same time only one gets the last.

use std::path::Path;

use crate::config::ProjectFile;
use crate::model::admission::{Bounds, Full, Machine, Room, Spawner, admit, may_wait};
use crate::model::ids::{ProjectId, SessionId};
use crate::process;
use crate::services::{ServiceError, World};
use crate::store::projects::Project;
use crate::store::sessions::{self, Session};
use crate::store::{Change, StoreError};

use super::prepare::blocking;

/// Sessions that started one another: more than any limit lets through.
const MOST_DEPTH: u32 = 1000;

/// One who asks for room, with everything that is known before the transaction.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    project: ProjectId,
    spawner: Option<SessionId>,
    bounds: Bounds,
    machine: Machine,
}

impl Ask {
    /// For one more session of `project`, started by `spawner` where that is a session.
    pub(super) async fn new(
        world: &World,
        project: &Project,
        spawner: Option<SessionId>,
    ) -> Result<Self, ServiceError> {
        let checkout = Path::new(&project.path).to_owned();
        let (file, machine) = blocking(move || {
            let file = ProjectFile::load(&checkout)?;
            let machine = Machine {
                memory_mb: process::memory_available_mb(),
                load_per_cpu: process::load_per_cpu(),
                descriptors: process::descriptors_left(),
            };
            Ok::<_, ServiceError>((file, machine))
        })
        .await?;
        let limits = &world.settings.limits;
        let own = file.limits.sessions.map_or(u32::MAX, u32::from);
        let bounds = Bounds {
            project: limits.sessions_per_project.min(own),
            machine: limits.sessions,
            spawner: limits.orchestrator_sessions,
            depth: limits.spawn_depth,
            memory_mb: limits.memory_mb,
            load_per_cpu: limits.load_per_cpu,
            waiting: limits.waiting_sessions,
        };
        Ok(Self { project: project.id.clone(), spawner, bounds, machine })
    }

    /// Whether there is room now. `itself` is the one of those that wait whose turn it may be.
    pub(super) fn check(
        &self,
        change: &Change<'_>,
        itself: Option<&SessionId>,
    ) -> Result<Result<(), Full>, StoreError> {
        let db = change.db();
        let before = sessions::waiting(db)?;
        let before = before.iter().take_while(|waiting| Some(&waiting.id) != itself);
        let ahead = before.filter(|waiting| self.wants_the_same(waiting)).count();
        let spawner = match &self.spawner {
            Some(spawner) => Some(Spawner {
                live: sessions::count_started_by(db, spawner.as_str())?,
                depth: depth_of(change, spawner)? + 1,
            }),
            None => None,
        };
        let room = Room {
            project: sessions::count_live(db, Some(self.project.as_str()))?,
            machine: sessions::count_live(db, None)?,
            spawner,
            ahead: u32::try_from(ahead).unwrap_or(u32::MAX),
            machine_has: self.machine,
        };
        Ok(admit(&room, &self.bounds))
    }

    /// Whether it may wait for what `full` says.
    pub(super) fn may_wait(
        &self,
        change: &Change<'_>,
        full: &Full,
    ) -> Result<Result<(), Full>, StoreError> {
        let waiting = sessions::waiting(change.db())?.len();
        Ok(may_wait(full, u32::try_from(waiting).unwrap_or(u32::MAX), &self.bounds))
    }

    fn wants_the_same(&self, waiting: &Session) -> bool {
        waiting.project == self.project
            || waiting.waits.as_ref().is_some_and(Full::is_of_the_machine)
    }
}

/// How deep a session is: an orchestrator 0, whom a person started 1, whom a session started one
/// more than that one.
fn depth_of(change: &Change<'_>, id: &SessionId) -> Result<u32, StoreError> {
    let mut next = Some(id.to_string());
    let mut depth = 0;
    while let Some(id) = next.take() {
        let Some(session) = sessions::find(change.db(), &id)? else { break };
        if session.kind == crate::model::session::Kind::Orchestrator || depth >= MOST_DEPTH {
            break;
        }
        depth += 1;
        next = Some(session.spawned_by);
    }
    Ok(depth)
}
