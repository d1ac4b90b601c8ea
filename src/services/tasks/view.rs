//! A task as it looks on the wire.

use crate::model::board::{Standing, TaskId};
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::store::tasks::Seen;
use crate::wire::task::{ArtifactView, TaskAnswer, TaskView};
use crate::wire::time::rfc3339;

/// The task.
pub fn view(seen: Seen) -> TaskView {
    let task = seen.task;
    let (waits_for, unreachable_by) = match &seen.standing {
        Some(Standing::Waits(open)) => (open.clone(), Vec::new()),
        Some(Standing::Unreachable(lost)) => (Vec::new(), lost.clone()),
        Some(Standing::Ready) | None => (Vec::new(), Vec::new()),
    };
    let result = task.result.zip(task.result_bytes);
    TaskView {
        id: task.id,
        project: task.project,
        subject: task.subject,
        body: task.body,
        state: task.state.as_str().to_owned(),
        version: task.version,
        ready: seen.standing == Some(Standing::Ready),
        depends_on: seen.depends_on,
        waits_for,
        unreachable_by,
        owner: task.owner,
        last_owner: task.last_owner,
        created_by: task.created_by,
        attempts: task.attempts.made,
        max_attempts: task.attempts.most,
        // What does not parse any more is shown as the text it is.
        metadata: task
            .metadata
            .map(|text| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))),
        note: task.note,
        result: result.map(|(sha256, bytes)| ArtifactView { sha256, bytes: u64::from(bytes) }),
        created_at: rfc3339(task.created_at),
        claimed_at: task.claimed_at.map(rfc3339),
        ended_at: task.ended_at.map(rfc3339),
    }
}

/// The answer about one task.
pub fn answer(seen: Vec<Seen>, ready: Vec<TaskId>) -> Result<TaskAnswer, ServiceError> {
    let one = seen
        .into_iter()
        .next()
        .ok_or(StoreError::NotFound { what: "task", id: "of this request".to_owned() })?;
    Ok(TaskAnswer { task: view(one), ready })
}
