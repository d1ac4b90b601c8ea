//! Somebody was not let in at a session host's socket: an event, as a denial of the supervisor is.

use serde_json::json;

use crate::host::Refused;
use crate::process::{self, ProcessId};
use crate::services::World;
use crate::store::Origin;
use crate::store::sessions::{self, Session};

/// Journals it under the session that the process belongs to, if that can still be found out.
pub async fn record(world: &World, target: &Session, refused: Refused) {
    let row = refused.process.map(row_above).unwrap_or_default();
    let (id, project) = (target.id.to_string(), target.project.to_string());
    let origin = Origin { request_id: None, now: world.now() };
    let written = world
        .store
        .write(origin, move |change| {
            let caller =
                sessions::by_host(change.db(), &row)?.map(|session| session.id.to_string());
            let data = json!({
                "verb": refused.verb,
                "reason": refused.reason,
                "caller": caller,
                "uid": refused.uid,
                "pid": refused.process.map(|process| process.pid),
                "target": id,
            });
            change.record("denied", Some(&project), caller.as_deref(), &data)
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(session = %target.id, %error, "a refusal of its host could not be recorded");
    }
}

/// The process and those above it; nothing where it has gone.
fn row_above(process: ProcessId) -> Vec<ProcessId> {
    let mut row = vec![process];
    row.extend(process::ancestors(process).unwrap_or_default());
    row
}
