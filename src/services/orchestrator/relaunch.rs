//! A new generation of a project's orchestrator, under the same id, from every state: the old one
//! is fenced, ended and seen empty before the new one starts. Mail waits for the role meanwhile.
//! The intent is kept with the session until it has come out, so that one that was cut off with
//! its supervisor is gone on with at the next start.

use std::sync::Arc;
use std::time::Duration;

use crate::model::session::{EndReason, Phase};
use crate::services::sessions::{self, Chosen, Conversation, Launching};
use crate::services::{Request, ServiceError, World};
use crate::store::sessions::{Relaunch, Session, set_relaunch};
use crate::wire::orchestrator::EnsureOrchestrator;

use super::ensure::{Order, choose};
use super::{Done, Outcome};

/// Between SIGTERM and SIGKILL for the old one.
const GRACE: Duration = Duration::from_secs(5);
/// Pauses before further tries to start the new one.
const RETRIES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

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

    fn as_str(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Fresh => "fresh",
        }
    }

    /// The mode of a relaunch that was cut off.
    pub(super) fn kept(text: &str) -> Self {
        if text == Self::Fresh.as_str() { Self::Fresh } else { Self::Resume }
    }
}

/// In the orchestrator's lane.
pub(super) async fn relaunch(
    world: &Arc<World>,
    request: &Request,
    order: &Order,
    session: Session,
    mode: Mode,
) -> Result<Done, ServiceError> {
    let chosen = choose(world, order, Some(&session))?;
    let was_live = matches!(session.phase, Phase::Live);
    note(world, request, order, Relaunch::Begun(mode.as_str())).await?;
    let made = replace(world, request, order, &session, (&chosen, mode)).await;
    let outcome = match &made {
        Ok(_) => Relaunch::Done,
        Err(error) => Relaunch::Failed(error.to_string()),
    };
    note(world, request, order, outcome).await?;
    let outcome = if was_live { Outcome::Relaunched } else { Outcome::Started };
    Ok(Done { outcome, notices: made? })
}

async fn note(
    world: &World,
    request: &Request,
    order: &Order,
    relaunch: Relaunch,
) -> Result<(), ServiceError> {
    let id = order.id.clone();
    let origin = request.origin(world.now());
    Ok(world.store.write(origin, move |change| set_relaunch(change, &id, &relaunch)).await?)
}

/// Ends the old one and starts the new one, again with growing pauses where that fails.
async fn replace(
    world: &Arc<World>,
    request: &Request,
    order: &Order,
    session: &Session,
    (chosen, mode): (&Chosen, Mode),
) -> Result<Vec<String>, ServiceError> {
    if !session.phase.is_over() {
        let reason = EndReason::Replaced { generation: session.generation.next().0 };
        sessions::end(world, request, &order.id, reason, GRACE).await?;
    }
    // The records call it over; what the world still has of it would share a worktree with the
    // new one.
    sessions::end_tree(world, session).await?;
    let bell = world.interrupts.bell(&order.id);
    let mut pauses = RETRIES.iter();
    loop {
        let error = match start(world, request, order, session, (chosen, mode)).await {
            Ok(notices) => return Ok(notices),
            Err(error) => error,
        };
        sessions::fail(world, request, &order.id, &error).await?;
        let pause = match pauses.next() {
            Some(pause) if !matches!(error.root(), ServiceError::Interrupted(_)) => *pause,
            _ => return Err(error),
        };
        tracing::warn!(session = %order.id, %error, "failed to relaunch, trying again");
        let retry = Relaunch::Again { error: error.to_string(), pause };
        note(world, request, order, retry).await?;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = bell.rung() => return Err(ServiceError::Interrupted(order.id.to_string())),
        }
    }
}

async fn start(
    world: &Arc<World>,
    request: &Request,
    order: &Order,
    session: &Session,
    (chosen, mode): (&Chosen, Mode),
) -> Result<Vec<String>, ServiceError> {
    let surroundings = order.surroundings.clone().or_last_launch(world, session);
    let mut notices =
        sessions::revive_worktree(world, request, &order.project, session, &surroundings).await?;
    let conversation = match mode {
        Mode::Resume => Conversation::Resume,
        Mode::Fresh => Conversation::New,
    };
    let launch = Launching::new(chosen, surroundings, conversation);
    notices.extend(sessions::launch(world, request, &order.project, &order.id, launch).await?);
    Ok(notices)
}
