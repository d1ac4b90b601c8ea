//! What a task has come to, from its session's row and the outcome that its wrapper has left.

use crate::agents::oneshot::Ended;
use crate::model::session::EndReason;
use crate::services::{World, sessions};
use crate::store::sessions::Session;

/// What it has come to; nothing as long as its session is not over.
#[must_use]
pub fn ended(world: &World, session: &Session) -> Option<Ended> {
    let reason = session.phase.end_reason().filter(|_| session.phase.is_over())?;
    if let Some(ended) = sessions::one_shot::outcome(world, session) {
        return Some(ended);
    }
    let (why, message) = match reason {
        EndReason::Killed { .. } | EndReason::Replaced { .. } => ("stopped", "it was ended"),
        EndReason::Rebooted => ("crash", "the machine was started anew"),
        EndReason::Failed { .. } => ("crash", "it could not be started"),
        EndReason::Exited { .. } | EndReason::HostLost | EndReason::CrashLoop => {
            ("crash", "its process is gone without a result")
        }
    };
    Some(Ended::nothing(why, format!("{message}: {reason}")))
}
