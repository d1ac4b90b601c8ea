//! Sleeps until the next window ends, and tells what is due then. The only task that does; started
//! with the supervisor, from what the store has, so that no window is lost with a process.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::ids::{SessionId, Timestamp};
use crate::services::{ServiceError, World};
use crate::store::{Origin, notices};

use super::flush::{Look, flush};

/// Pause after the store failed: no report is given up for that.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Longest sleep: the wall clock may be set while the task sleeps.
const LONGEST: Duration = Duration::from_secs(600);
/// Rows of notices that have been told or dropped are kept this long, in milliseconds: 30 days.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Wakes the task when a window opens.
#[derive(Default)]
pub struct Clock {
    opened: Notify,
}

impl Clock {
    /// A notice has come in that waits for the end of its window.
    pub(super) fn window_opened(&self) {
        self.opened.notify_one();
    }
}

/// Keeps telling what is due, for as long as the supervisor lives.
pub async fn keep(world: Arc<World>) {
    if let Err(error) = shorten(&world).await {
        tracing::warn!(%error, "failed to drop old notices");
    }
    let mut newest = world.store.newest();
    loop {
        newest.mark_unchanged();
        let look = match round(&world).await {
            Ok(look) => look,
            Err(error) => {
                tracing::warn!(%error, "failed to tell of reports, trying again");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        let pause = look.at.map(|at| Duration::from_millis(at.since(world.now())));
        let pause = pause.map_or(LONGEST, |pause| pause.min(LONGEST));
        tokio::select! {
            () = world.report_clock.opened.notified() => {}
            changed = newest.changed(), if look.on_change => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(pause), if look.at.is_some() => {}
        }
    }
}

/// Looks at every recipient that something waits for.
async fn round(world: &World) -> Result<Look, ServiceError> {
    let mut look = Look::default();
    for recipient in world.store.read(notices::recipients).await? {
        let recipient = SessionId::parse(recipient)?;
        let origin = Origin { request_id: None, now: world.now() };
        look = look.or(flush(world, origin, &recipient).await?.look);
    }
    Ok(look)
}

async fn shorten(world: &World) -> Result<(), ServiceError> {
    let now = world.now();
    let before = Timestamp(now.0.saturating_sub(KEEP_MS));
    let origin = Origin { request_id: None, now };
    Ok(world.store.write(origin, move |change| notices::shorten(change, before)).await?)
}
