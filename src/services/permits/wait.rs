//! The hook of an agent waits for the answer.

use std::time::Duration;

use crate::model::permission::State;
use crate::model::rights::Verb;
use crate::services::{Request, ServiceError, World, sessions};
use crate::store::permits::{self, Permit};
use crate::store::{Change, Origin, StoreError};
use crate::wire::hook::HookAnswer;
use crate::wire::permit::WaitQuery;

use super::decide::{decide, left};

/// Longest wait that is asked for.
const MOST: Duration = Duration::from_secs(3600);

/// Returns the answer once there is one; an empty one when the time is over or the request has been
/// answered at the terminal. As long as this runs, and no longer, the request can be answered.
pub async fn wait(
    world: &World,
    request: &Request,
    id: &str,
    query: WaitQuery,
) -> Result<HookAnswer, ServiceError> {
    let permit = load(world, id).await?;
    let session = sessions::load(world, &permit.session).await?;
    request.allow(world, Verb::Hook, session.target()).await?;
    let waiting = world.permits.begin(id);
    let limit = Duration::from_millis(query.ms).min(MOST);
    let answered = tokio::time::timeout(limit, answered(world, id)).await;
    drop(waiting);
    if let Ok(permit) = answered {
        return Ok(told(&permit?));
    }
    let (origin, key) = (Origin { request_id: None, now: world.now() }, id.to_owned());
    let over = move |change: &Change<'_>| {
        // Somebody may have answered in the last moment.
        decide(change, &key, &left())?;
        permits::find(change.db(), &key)
    };
    let permit = world.store.write(origin, over).await?;
    Ok(permit.map_or_else(HookAnswer::default, |permit| told(&permit)))
}

async fn answered(world: &World, id: &str) -> Result<Permit, ServiceError> {
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        let permit = load(world, id).await?;
        if permit.state != State::Open {
            return Ok(permit);
        }
        if newest.changed().await.is_err() {
            return Err(StoreError::Stopped.into());
        }
    }
}

fn told(permit: &Permit) -> HookAnswer {
    let decision = match permit.state {
        State::Allowed => Some("allow".to_owned()),
        State::Denied => Some("deny".to_owned()),
        State::Open | State::Left => None,
    };
    let reason = permit.message.clone().filter(|_| decision.is_some());
    HookAnswer { decision, reason, permit: Some(permit.id.clone()), ..HookAnswer::default() }
}

/// The request of that id.
pub(super) async fn load(world: &World, id: &str) -> Result<Permit, ServiceError> {
    let key = id.to_owned();
    let found = world.store.read(move |db| permits::find(db, &key)).await?;
    let missing = || ServiceError::NotFound { what: "permission request", id: id.to_owned() };
    found.ok_or_else(missing)
}
