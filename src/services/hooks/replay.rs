//! Reads what hooks kept while the supervisor was away, or too slow for them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock, fstat};

use crate::services::{ServiceError, World, lanes, sessions};
use crate::store::Origin;
use crate::store::sessions::Session;
use crate::wire::hook::Hook;

/// Takes in what the hooks of the session's current generation kept, and removes it. Whoever waits
/// to deliver is not woken. Returns whether there was anything.
pub async fn replay(world: &World, session: &Session) -> Result<bool, ServiceError> {
    let name = format!("{}-{}.jsonl", session.id, session.generation);
    let file = world.paths.spool_dir().join(name);
    let kept = tokio::task::spawn_blocking(move || read(&file)).await.map_err(|_| lanes::CutOff)?;
    let Some((spool, file, lines)) = kept? else { return Ok(false) };
    let origin = Origin { request_id: None, now: world.now() };
    super::apply::apply(world, origin, session, lines).await?;
    // Removed only now, with the lock held: a hook that waits for it will make a new file.
    std::fs::remove_file(&file)
        .map_err(|source| ServiceError::File { path: file.clone(), source })?;
    drop(spool);
    Ok(true)
}

/// A hook has kept something in this file of the spool.
pub async fn replay_file(world: &World, name: &str) -> Result<(), ServiceError> {
    let Some((id, generation)) = parts(name) else { return Ok(()) };
    let session = match sessions::load(world, id).await {
        Ok(session) if session.generation.to_string() == generation => session,
        Ok(_) | Err(ServiceError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    if replay(world, &session).await? {
        world.dispatch.wake(world, &session.id);
    }
    Ok(())
}

/// At start: every session's, before anything is delivered. An older generation's is left aside,
/// for it is fenced.
pub async fn replay_all(world: &World) -> Result<(), ServiceError> {
    let alive = world.store.read(crate::store::sessions::alive).await?;
    for session in alive {
        if let Err(error) = replay(world, &session).await {
            tracing::warn!(session = %session.id, %error, "failed to take in its hooks' spool");
        }
    }
    remove_orphans(world).await
}

/// Session and generation of a spool's file name.
fn parts(name: &str) -> Option<(&str, &str)> {
    name.strip_suffix(".jsonl").and_then(|name| name.rsplit_once('-'))
}

/// Removes files of sessions and generations that are over.
async fn remove_orphans(world: &World) -> Result<(), ServiceError> {
    let dir = world.paths.spool_dir();
    let Ok(entries) = std::fs::read_dir(&dir) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((id, generation)) = parts(&name) else { continue };
        let current = match sessions::load(world, id).await {
            Ok(session) => !session.phase.is_over() && session.generation.to_string() == generation,
            Err(ServiceError::NotFound { .. }) => false,
            Err(error) => return Err(error),
        };
        if !current {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

type Kept = Option<(File, PathBuf, Vec<Hook>)>;

/// The lines of a spool, and the spool with its lock held. A line that was cut off by a crash of
/// its writer is left out: its hook never returned.
fn read(path: &Path) -> Result<Kept, ServiceError> {
    let failed = |source| ServiceError::File { path: path.to_owned(), source };
    let mut spool = match File::open(path) {
        Ok(spool) => spool,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    flock(&spool, FlockOperation::LockExclusive).map_err(|errno| failed(errno.into()))?;
    if fstat(&spool).map_err(|errno| failed(errno.into()))?.st_nlink == 0 {
        // Somebody else has just taken it in.
        return Ok(None);
    }
    let mut text = String::new();
    spool.read_to_string(&mut text).map_err(failed)?;
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok(Some((spool, path.to_owned(), lines)))
}
