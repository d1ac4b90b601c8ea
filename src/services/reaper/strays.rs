//! Worktrees in ao's own folder that belong to no session: told, never touched.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::services::lanes::CutOff;
use crate::services::{ServiceError, World};

/// Lists them. The folders are read before the rows: a row is made before its folder.
pub(super) async fn find(world: &Arc<World>) -> Result<Vec<PathBuf>, ServiceError> {
    let root = world.paths.worktrees_dir();
    let listed = tokio::task::spawn_blocking(move || folders(&root)).await;
    let mut found = listed.map_err(|_| CutOff)?;
    if found.is_empty() {
        return Ok(found);
    }
    let all = world.store.read(|db| crate::store::sessions::list(db, None, true)).await?;
    let owned: HashSet<PathBuf> = all.iter().map(|s| PathBuf::from(&s.worktree)).collect();
    found.retain(|path| !owned.contains(path));
    Ok(found)
}

/// `<root>/<project>/<session>`; what begins with a dot is on its way out, and its session's.
fn folders(root: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let plain = entries.filter(|entry| {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir())
        });
        plain.map(|entry| entry.path()).collect()
    };
    let mut found: Vec<PathBuf> = below(root).iter().flat_map(|project| below(project)).collect();
    found.sort();
    found
}
