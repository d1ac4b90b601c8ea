//! Keeps traces, usage and artifacts within their bounds.

use std::sync::Arc;
use std::time::Duration;

use crate::model::ids::Timestamp;
use crate::services::{ServiceError, World, lanes};
use crate::store::{Origin, artifacts, traces, usage};

/// How often.
const EVERY: Duration = Duration::from_secs(600);
/// An artifact that nobody holds is kept so long, in milliseconds.
const UNHELD_MS: i64 = 3_600_000;

/// Drops what is too old or too much, now and then, for as long as the supervisor lives.
pub async fn keep_bounds(world: Arc<World>) {
    loop {
        if let Err(error) = once(&world).await {
            tracing::warn!(%error, "failed to drop old traces");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn once(world: &Arc<World>) -> Result<(), ServiceError> {
    let now = world.now();
    let origin = || Origin { request_id: None, now };
    let settings = &world.settings.traces;
    let days = |days: u32| Timestamp(now.0 - i64::from(days) * 86_400_000);
    let (before, limit) = (days(settings.keep_days), settings.limit_mb << 20);
    let shorten = move |change: &crate::store::Change<'_>| traces::shorten(change, before, limit);
    while world.store.write(origin(), shorten).await? {}
    let before = days(settings.usage_keep_days);
    world.store.write(origin(), move |change| usage::shorten(change, before)).await?;
    let before = Timestamp(now.0 - UNHELD_MS);
    let known = world.store.write(origin(), move |change| artifacts::sweep(change, before)).await?;
    let files = world.artifacts.clone();
    let removed =
        tokio::task::spawn_blocking(move || files.remove_unknown(|name| known.contains(name)));
    removed.await.map_err(|_| lanes::CutOff)??;
    Ok(())
}
