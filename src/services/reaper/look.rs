//! Looks at the processes of every live session. The death of a host is settled; that of an agent
//! of which its host says nothing only when it is seen twice, and not when many seem to die at once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use tokio::time::Instant;

use crate::model::ids::{Generation, SessionId};
use crate::model::session::{Look, Phase, is_alarm};
use crate::process::Evidence;
use crate::services::{ServiceError, World, sessions};
use crate::store::Origin;
use crate::store::sessions::Session;

use super::keep::CONFIRM;

/// Sessions whose agents look dead, and since when.
#[derive(Default)]
pub(super) struct Suspects {
    since: HashMap<(SessionId, Generation), Instant>,
    /// Whether it has been told that there are too many.
    alarmed: bool,
}

impl Suspects {
    pub(super) fn is_empty(&self) -> bool {
        self.since.is_empty()
    }
}

/// One look. Returns the sessions that an alarm is about.
pub(super) async fn look(
    world: &Arc<World>,
    suspects: &mut Suspects,
) -> Result<Vec<String>, ServiceError> {
    let mut alive = world.store.read(crate::store::sessions::alive).await?;
    alive.retain(|session| matches!(session.phase, Phase::Live));
    let looks: Vec<Look> = alive.iter().map(|session| one(world, session)).collect();
    let found: Vec<&Session> = alive
        .iter()
        .zip(&looks)
        .filter(|(_, look)| **look == Look::Suspect)
        .map(|(session, _)| session)
        .collect();
    let now = Instant::now();
    let key = |session: &Session| (session.id.clone(), session.generation);
    suspects.since.retain(|known, _| found.iter().any(|session| key(session) == *known));
    for session in &found {
        suspects.since.entry(key(session)).or_insert(now);
    }
    if is_alarm(&looks) {
        let ids: Vec<String> = found.iter().map(|session| session.id.to_string()).collect();
        if !std::mem::replace(&mut suspects.alarmed, true) {
            tell(world, &ids, alive.len()).await?;
        }
        // Whoever is left of them when it is over gets the whole time of a single one: its host may
        // have been stopped with the others and not yet have had its say.
        suspects.since.values_mut().for_each(|since| *since = now);
        return Ok(ids);
    }
    suspects.alarmed = false;
    for session in found {
        if now.duration_since(suspects.since[&key(session)]) >= CONFIRM {
            sessions::settle_unheard(world, &session.id, session.generation).await?;
        }
    }
    Ok(Vec::new())
}

fn one(world: &Arc<World>, session: &Session) -> Look {
    let Some(processes) = &session.processes else { return Look::Well };
    let signs = sessions::signs(processes);
    if signs.host == Evidence::Gone {
        // Its watch is told of that by the kernel; this is for the case that it was not.
        sessions::look_again(world, &session.id, session.generation);
    }
    match (signs.host, signs.agent) {
        (Evidence::Alive, Evidence::Gone) => Look::Suspect,
        _ => Look::Well,
    }
}

async fn tell(world: &World, ids: &[String], of: usize) -> Result<(), ServiceError> {
    tracing::error!(sessions = ?ids, of, "many sessions look dead while their hosts live");
    let data = json!({ "what": "sessions look dead at once", "sessions": ids, "of": of });
    let origin = Origin { request_id: None, now: world.now() };
    let told = world
        .store
        .write(origin, move |change| change.record("supervisor.alarm", None, None, &data));
    Ok(told.await?)
}
