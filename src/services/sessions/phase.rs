//! Changes a session's phase, and does what goes with it in the same transaction.

use crate::agents::Catalog;
use crate::model::ids::SessionId;
use crate::model::session::{Phase, PhaseEvent};
use crate::services::{ServiceError, World, agents, messages, permits, tasks};
use crate::store::{Change, Origin, StoreError, sessions, traces};

/// Applies `event`. When it ends the session, what waits for a worker is settled with it, and
/// what it worked on is for others. Whoever waits to deliver is woken.
pub async fn change_phase(
    world: &World,
    origin: Origin,
    id: &SessionId,
    event: PhaseEvent,
) -> Result<Phase, ServiceError> {
    let session = id.clone();
    let catalog = world.catalog();
    let phase =
        world.store.write(origin, move |change| apply(change, &catalog, &session, event)).await?;
    world.dispatch.wake(world, id);
    if phase.is_over() {
        world.redactors.forget(id);
        world.queue.wake();
    }
    Ok(phase)
}

/// The part of it that is one transaction.
pub(super) fn apply(
    change: &Change<'_>,
    catalog: &Catalog,
    id: &SessionId,
    event: PhaseEvent,
) -> Result<Phase, StoreError> {
    let (before, phase) = sessions::set_phase(change, id, event)?;
    if phase.is_over() && !before.phase.is_over() {
        let receipts = agents::speaks_by_hooks(catalog, &before);
        messages::end_recipient(change, &before, receipts)?;
        tasks::release_owner(change, &before)?;
        traces::give_up(change, id)?;
        permits::leave(change, id.as_str(), None)?;
    }
    Ok(phase)
}
