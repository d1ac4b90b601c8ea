//! A subagent as it looks on the wire.

use crate::services::{ServiceError, World};
use crate::store::subagents::Subagent;
use crate::wire::subagent::{SubagentAnswer, SubagentView};
use crate::wire::task::ArtifactView;
use crate::wire::time::{age_s, rfc3339};

/// The subagent `id` as it is now.
pub(super) async fn answer(world: &World, id: &str) -> Result<SubagentAnswer, ServiceError> {
    Ok(SubagentAnswer { subagent: view(world, &super::find::load(world, id).await?) })
}

pub(super) fn view(world: &World, subagent: &Subagent) -> SubagentView {
    let (new, bytes) = (&subagent.new, subagent.bytes);
    let until = subagent.ended_at.unwrap_or_else(|| world.now());
    SubagentView {
        id: new.id.clone(),
        project: new.project.clone(),
        parent: new.parent.clone(),
        depth: new.depth,
        title: new.title.clone(),
        policy: new.policy.as_str().to_owned(),
        stays: new.stays,
        state: subagent.state.as_str().to_owned(),
        session: subagent.session.clone(),
        reason: subagent.reason.clone(),
        result: subagent.result.clone().map(|sha256| ArtifactView { sha256, bytes }),
        is_json: subagent.is_json,
        tool_calls: subagent.tool_calls,
        told: subagent.told.clone(),
        created_at: rfc3339(subagent.created_at),
        ended_at: subagent.ended_at.map(rfc3339),
        elapsed_s: age_s(until, subagent.created_at),
    }
}
