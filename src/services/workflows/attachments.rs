//! Files that go along with a call: of the project, by their path, or artifacts, by their SHA-256.
//! What is in them is part of the call's key.

use std::path::Path;
use std::sync::Arc;

use crate::config::read_regular;
use crate::model::workflow::{AgentCall, Attachment};
use crate::services::World;
use crate::services::lanes::CutOff;
use crate::store::artifacts::Stored;

/// Largest file in bytes.
const MOST: u64 = 20 * 1024 * 1024;

/// Finds each, and says of it what was not said: where it is, or what is in it.
///
/// # Errors
/// A line for the script where one is not there, or too large.
pub(super) async fn look(
    world: &Arc<World>,
    root: &Path,
    all: &mut [Attachment],
) -> Result<(), String> {
    for file in all {
        match (file.path.clone(), file.sha256.clone()) {
            (Some(path), _) => {
                let (root, named) = (root.to_owned(), path.clone());
                let sum = tokio::task::spawn_blocking(move || sum(&root, &named)).await;
                let sum = sum.map_err(|_| CutOff.to_string())?;
                file.sha256 = Some(sum.map_err(|why| format!("the attachment {path:?}: {why}"))?);
            }
            (None, Some(sha256)) => {
                let place = world.artifacts.place(&sha256);
                let (files, wanted) = (world.artifacts.clone(), sha256.clone());
                // Read to be sure: what it is called is what is in it.
                let there = tokio::task::spawn_blocking(move || files.read(&wanted).is_ok()).await;
                if !there.unwrap_or(false) {
                    return Err(format!("the attachment {sha256}: no artifact is called so"));
                }
                file.path = place.map(|place| place.display().to_string());
            }
            (None, None) => {}
        }
    }
    Ok(())
}

/// What is in a file below `root`. A script is told nothing of what is elsewhere, not even whether
/// it is there.
fn sum(root: &Path, path: &str) -> Result<String, String> {
    let outside = || "it is no file of the project".to_owned();
    let root = std::fs::canonicalize(root).map_err(|error| error.to_string())?;
    let file = std::fs::canonicalize(root.join(path)).map_err(|_| outside())?;
    if !file.starts_with(&root) {
        return Err(outside());
    }
    let bytes = read_regular(&file, MOST).map_err(|error| error.to_string())?;
    Ok(super::fingerprint::hash(&bytes))
}

/// Those that must not be swept away while the run is known: artifacts, and what has the same
/// content as one.
pub(super) fn held(call: &AgentCall) -> Vec<Stored> {
    let stored = |file: &Attachment| {
        let place = Path::new(file.path.as_deref()?);
        let sha256 = file.sha256.clone()?;
        // A path of the project's is nobody's but the project's.
        place.ends_with(&sha256).then_some(())?;
        let bytes = std::fs::metadata(place).ok()?.len();
        Some(Stored { sha256, bytes })
    };
    call.attachments.iter().filter_map(stored).collect()
}
