//! After a start of the supervisor: runs that were under way go on, from what is on record.

use std::sync::Arc;

use super::driver::{self, Known};
use super::options::Options;
use crate::config::Recover;
use crate::model::ids::Timestamp;
use crate::model::workflow::{Outcome, RunState};
use crate::services::lanes::CutOff;
use crate::services::{ServiceError, World, projects};
use crate::store::Origin;
use crate::store::workflows::{self as rows, Run};

/// Older runs wait for a person, in milliseconds: a day.
const YOUNG_MS: u64 = 24 * 60 * 60 * 1000;
/// Results are taken from the project's cache this long, in milliseconds: 7 days.
const KEEP_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Gives every run that is not over a driver. One that makes trouble does not stop the others.
pub async fn recover(world: &Arc<World>) -> Result<(), ServiceError> {
    let now = world.now();
    let open = world.store.read(rows::by_state).await?;
    for run in open {
        let id = run.id.clone();
        if let Err(error) = one(world, run).await {
            tracing::error!(run = %id, %error, "failed to go on with a workflow");
        }
    }
    let before = Timestamp(now.0.saturating_sub(KEEP_MS));
    let origin = Origin { request_id: None, now };
    Ok(world.store.write(origin, move |change| rows::shorten(change, before)).await?)
}

async fn one(world: &Arc<World>, run: Run) -> Result<(), ServiceError> {
    match run.state {
        RunState::Cancelling => driver::finish_stop(world, run).await,
        // One that was interrupted before waits for a person's word.
        RunState::Interrupted => Ok(()),
        // Nothing of it was cut off.
        _ if run.paused => driver::drive(world, run).await,
        _ => match world.settings.workflow_recover {
            Recover::Auto if world.now().since(run.created_at) <= YOUNG_MS => {
                driver::drive(world, run).await
            }
            Recover::Auto | Recover::Ask => interrupt(world, run).await,
            Recover::Never => driver::finish_stop(world, run).await,
        },
    }
}

/// It waits for a person's word; its agents work on.
async fn interrupt(world: &World, run: Run) -> Result<(), ServiceError> {
    let origin = Origin { request_id: None, now: world.now() };
    let interrupted = world
        .store
        .write(origin, move |change| rows::set_state(change, &run.id, RunState::Interrupted));
    Ok(interrupted.await?)
}

/// What the run may take from earlier ones.
pub(super) async fn known(
    world: &World,
    run: &Run,
    options: &Options,
) -> Result<Known, ServiceError> {
    if options.fresh {
        return Ok(Known::new());
    }
    if let Some(from) = run.resumed_from.clone() {
        let known = world.store.read(move |db| rows::known_of_run(db, &from)).await?;
        return still_good(world, run, known).await;
    }
    let Some(fingerprint) = run.fingerprint.clone() else { return Ok(Known::new()) };
    let since = Timestamp(run.created_at.0.saturating_sub(KEEP_MS));
    let (project, id) = (run.project.clone(), run.id.clone());
    let mut known =
        world.store.read(move |db| rows::known(db, &project, &fingerprint, since)).await?;
    // Its own results are on record with the run itself.
    known.retain(|_, (_, _, from)| *from != id);
    still_good(world, run, known).await
}

/// Without results whose work was kept on a branch that is gone.
async fn still_good(world: &World, run: &Run, mut known: Known) -> Result<Known, ServiceError> {
    let branch = |outcome: &Outcome| match outcome {
        Outcome::Value { branch, .. } => branch.clone(),
        _ => None,
    };
    if known.values().all(|(outcome, ..)| branch(outcome).is_none()) {
        return Ok(known);
    }
    let root = std::path::PathBuf::from(projects::load(world, &run.project).await?.path);
    let read = tokio::task::spawn_blocking(move || crate::workspace::local_branches(&root));
    let there = read.await.map_err(|_| CutOff)??;
    known.retain(|_, (outcome, ..)| branch(outcome).is_none_or(|name| there.contains(&name)));
    Ok(known)
}
