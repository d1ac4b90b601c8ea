//! Whether an agent can be told what is asked for, and in which words.

use crate::agents::AgentError;
use crate::agents::manifest::{ConversationScheme, Manifest};

use super::plan::LaunchRequest;

/// Whether the agent takes this model and this permission mode; asked before anything is made for
/// a launch, or ended for one.
///
/// # Errors
/// [`AgentError::Unsupported`], [`AgentError::UnknownPermission`].
pub fn check_options(
    manifest: &Manifest,
    model: Option<&str>,
    mode: Option<&str>,
) -> Result<(), AgentError> {
    check_model(manifest, model)?;
    mode.map_or(Ok(()), |mode| permission(manifest, mode).map(drop))
}

pub(super) fn check_model(manifest: &Manifest, model: Option<&str>) -> Result<(), AgentError> {
    if model.is_some() && !manifest.takes_model() {
        return Err(AgentError::Unsupported { agent: manifest.name.clone(), what: "model" });
    }
    Ok(())
}

/// The agent's own words for a permission mode: ours, or its own single word for it.
pub(super) fn permission(manifest: &Manifest, mode: &str) -> Result<Vec<String>, AgentError> {
    let agent = manifest.name.clone();
    if manifest.permissions.is_empty() || !manifest.takes("permission") {
        return Err(AgentError::Unsupported { agent, what: "permission mode" });
    }
    let all = &manifest.permissions;
    let own = || all.values().find(|own| own.words() == [mode]);
    let found = all.get(mode).or_else(own).map(|words| words.words().to_vec());
    found.ok_or_else(|| AgentError::UnknownPermission {
        agent,
        mode: mode.to_owned(),
        known: all.keys().cloned().collect(),
    })
}

/// The id that goes into the arguments.
pub(super) fn conversation(
    manifest: &Manifest,
    request: &LaunchRequest,
) -> Result<Option<String>, AgentError> {
    let cannot = |why| AgentError::CannotResume { agent: manifest.name.clone(), why };
    match (request.resume, &request.conversation_id) {
        (true, _) if !manifest.can_resume() => Err(cannot("it has no way to")),
        (true, None) => Err(cannot("no conversation is known")),
        (true, Some(id)) => Ok(Some(id.clone())),
        (false, id) if manifest.conversation_id == ConversationScheme::Uuid => Ok(id.clone()),
        (false, _) => Ok(None),
    }
}
