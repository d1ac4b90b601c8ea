//! A session whose agent failed to start waits for its next launch.

use serde_json::json;

use crate::model::ids::SessionId;
use crate::model::session::{EndReason, PhaseEvent, Step};
use crate::store::{Change, StoreError};

use super::phase::write_phase;
use super::read::expect;
use super::record::Session;

/// The generation is over for `reason`, the session is not: in one step, so that nobody takes it to
/// be over. Its token is void. Returns the session before.
pub fn await_restart(
    change: &Change<'_>,
    id: &SessionId,
    reason: EndReason,
    pause_s: u64,
) -> Result<Session, StoreError> {
    let session = expect(&change.tx, id)?;
    let data = json!({
        "generation": session.generation,
        "reason": reason.to_string(),
        "starts": session.starts.len(),
        "pause_s": pause_s,
    });
    let ended = session.phase.after(PhaseEvent::Gone(reason))?;
    let phase = ended.after(PhaseEvent::Begin(Step::Restart))?;
    change.record("session.crashed", Some(session.project.as_str()), Some(id.as_str()), &data)?;
    write_phase(change, &session, &phase)?;
    let sql = "UPDATE sessions SET token_hash = NULL, host_pid = NULL, agent_pid = NULL \
               WHERE id = ?1";
    change.tx.execute(sql, [id.as_str()])?;
    Ok(session)
}
