//! The state of a working tree as one word: the commit, and everything that differs from it.
//! Results are taken from the project's cache only for the very same one.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::services::World;

/// Most files that may differ, and the most bytes of them.
const MAX_FILES: usize = 2000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// SHA-256 in hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// Of the working tree at `root`. Nothing if it cannot be told within bounds: then nothing is
/// taken from the cache, and nothing kept.
pub(super) async fn fingerprint(world: &World, root: &Path) -> Option<String> {
    let state = crate::workspace::working_state(&world.git, root).await.ok()?;
    let root = root.to_owned();
    tokio::task::spawn_blocking(move || of_state(&root, &state.head, &state.entries)).await.ok()?
}

fn of_state(root: &Path, head: &str, entries: &[(String, String)]) -> Option<String> {
    if entries.len() > MAX_FILES {
        return None;
    }
    let mut sum = Sha256::new();
    sum.update(head);
    let mut left = MAX_BYTES;
    for (status, path) in entries {
        sum.update([0]);
        sum.update(status);
        sum.update(path);
        let file = root.join(path);
        let Ok(meta) = std::fs::symlink_metadata(&file) else { continue };
        if meta.is_file() {
            left = left.checked_sub(meta.len())?;
            sum.update(Sha256::digest(std::fs::read(&file).ok()?));
        }
    }
    Some(hex(&sum.finalize()))
}
