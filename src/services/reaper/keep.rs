//! The reaper's task, and what it has found.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::services::World;

use super::look::Suspects;
use super::{look, orphans, strays};

/// A death that a host has not told of is looked at once more after this.
pub(super) const CONFIRM: Duration = Duration::from_secs(10);

/// Wakes the reaper, and holds what it has found for who asks.
#[derive(Default)]
pub struct Reaper {
    news: Notify,
    found: Mutex<Found>,
}

/// What the last look came to.
#[derive(Debug, Clone, Default)]
struct Found {
    /// Sessions that look dead under hosts that live, while there are too many to believe it.
    alarm: Vec<String>,
    /// Worktrees that belong to no session.
    strays: Vec<PathBuf>,
}

impl Reaper {
    /// Something was noticed: look now.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    /// Worktrees that belong to no session, as of the last look.
    #[must_use]
    pub fn strays(&self) -> Vec<PathBuf> {
        self.found().strays.clone()
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().expect("nobody panics while holding what was found")
    }
}

/// Looks for as long as the supervisor runs.
pub async fn keep(world: Arc<World>) {
    let mut suspects = Suspects::default();
    loop {
        let looked = look::look(&world, &mut suspects).await;
        let alarm = looked.unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to look at the sessions");
            Vec::new()
        });
        world.reaper.found().alarm = alarm;
        if let Err(error) = orphans::end(&world).await {
            tracing::warn!(%error, "failed to look for processes of sessions that are over");
        }
        match strays::find(&world).await {
            Ok(strays) => world.reaper.found().strays = strays,
            Err(error) => tracing::warn!(%error, "failed to look for worktrees of no session"),
        }
        let sweep = Duration::from_secs(world.settings.upkeep.sweep_s);
        let pause = if suspects.is_empty() { sweep } else { CONFIRM.min(sweep) };
        // Whoever wakes it has told nothing else: all is looked at again.
        let _ = tokio::time::timeout(pause, world.reaper.news.notified()).await;
    }
}

/// What a person should look at, a sentence each.
#[must_use]
pub fn warnings(world: &World) -> Vec<String> {
    let found = world.reaper.found().clone();
    let mut warnings = Vec::new();
    if !found.alarm.is_empty() {
        warnings.push(format!(
            "{} sessions look dead at once while their hosts live, which is rather a fault of the \
             look: they are left as they are and looked at again: {}",
            found.alarm.len(),
            found.alarm.join(", ")
        ));
    }
    if !found.strays.is_empty() {
        let paths: Vec<String> =
            found.strays.iter().map(|path| path.display().to_string()).collect();
        warnings.push(format!(
            "worktrees that belong to no session, and that ao leaves alone: {}",
            paths.join(", ")
        ));
    }
    warnings
}
