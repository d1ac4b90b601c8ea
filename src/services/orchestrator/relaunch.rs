//! A new generation of a project's orchestrator, under the same id, from every state: the old one
//! is fenced, ended and seen empty before the new one starts. Mail waits for the role meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::model::session::{EndReason, Phase};
use crate::services::sessions::{self, Conversation, Launching};
use crate::services::{Request, ServiceError, World};
use crate::store::sessions::Session;
use crate::wire::orchestrator::EnsureOrchestrator;
use crate::workspace;

use super::Outcome;
use super::ensure::{Order, choose};

/// Between SIGTERM and SIGKILL for the old one.
const GRACE: Duration = Duration::from_secs(5);
/// Pauses before further tries to start the new one.
const RETRIES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// Which conversation the new generation gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The agent's own last one, where it can continue it.
    Resume,
    /// A new one.
    Fresh,
}

impl Mode {
    /// What is asked for; nothing means: reuse the live one.
    pub(super) fn of(ensure: &EnsureOrchestrator) -> Result<Option<Self>, ServiceError> {
        match (ensure.clean, ensure.mode.as_deref()) {
            (true, None | Some("fresh")) | (false, Some("fresh")) => Ok(Some(Self::Fresh)),
            (false, None | Some("reuse")) => Ok(None),
            (false, Some("resume")) => Ok(Some(Self::Resume)),
            (true, Some(mode)) => {
                Err(ServiceError::Usage(format!("clean and mode {mode:?} contradict each other")))
            }
            (false, Some(mode)) => {
                Err(ServiceError::Usage(format!("{mode:?} is not a mode: reuse, resume or fresh")))
            }
        }
    }
}

/// In the orchestrator's lane.
pub(super) async fn relaunch(
    world: &Arc<World>,
    request: &Request,
    order: &Order,
    session: Session,
    mode: Mode,
) -> Result<Outcome, ServiceError> {
    let chosen = choose(world, order, Some(&session))?;
    let was_live = matches!(session.phase, Phase::Live);
    if !session.phase.is_over() {
        let reason = EndReason::Replaced { generation: session.generation.next().0 };
        sessions::end(world, request, &order.id, reason, GRACE).await?;
    }
    // The records call it over; what the world still has of it would share a worktree with the
    // new one.
    sessions::end_tree(world, &session).await?;
    let conversation = match mode {
        Mode::Resume => Conversation::Resume,
        Mode::Fresh => Conversation::New,
    };
    let mut pauses = RETRIES.iter();
    loop {
        let made = async {
            ensure_worktree(world, order, &session).await?;
            let surroundings = order.surroundings.clone();
            let launch = Launching::new(&chosen, surroundings, conversation);
            sessions::launch(world, request, &order.project, &order.id, launch).await
        };
        let Err(error) = made.await else { break };
        sessions::fail(world, request, &order.id, &error).await?;
        let Some(pause) = pauses.next() else { return Err(error) };
        tracing::warn!(session = %order.id, %error, "failed to relaunch, trying again");
        tokio::time::sleep(*pause).await;
    }
    Ok(if was_live { Outcome::Relaunched } else { Outcome::Started })
}

/// The worktree as it is; made anew on the same branch only when it is missing.
async fn ensure_worktree(
    world: &Arc<World>,
    order: &Order,
    session: &Session,
) -> Result<(), ServiceError> {
    if Path::new(&session.worktree).join(".git").exists() {
        return Ok(());
    }
    let spec = sessions::known_spec(&order.project, session);
    workspace::reattach(&world.git, &world.repositories, &spec).await?;
    Ok(())
}
